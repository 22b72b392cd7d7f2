/** Filters written against solo-io's package, compiled against the drop-in, on the embedded host and on Envoy. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, envoyEngine, hostEngine, type ProxyOptions, type RunningProxy } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

/** Flags by how a filter is compiled: as asconfig.json says, or as solo-io's are; there is no configuration "none". */
const ways: Readonly<Record<string, readonly string[]>> = {
  "with the transform": ["--use", "abort=abort_proc_exit"],
  "without the transform": [
    "--config",
    "none",
    "-O3",
    "--use",
    "abort=abort_proc_exit",
    "--exportStart",
    "_initialize",
  ],
};

const engines: readonly (readonly [string, Engine | string])[] = [
  ["host", hostEngine],
  ["envoy", await envoyEngine().catch((error: Error) => error.message)],
];

const folder = await mkdtemp(join(tmpdir(), "compat-"));
afterAll(() => rm(folder, { recursive: true }));

const wasmOf = (name: string, way: string) => join(folder, `${name} ${way}.wasm`);
for (const [way, flags] of Object.entries(ways)) {
  for (const name of ["probe", "auth", "network"]) {
    await writeFile(wasmOf(name, way), await compileBytes(`sdk/test/assembly/compat-${name}.ts`, flags));
  }
}

const messages = (logs: readonly { message: string }[]) => logs.map(({ message }) => message);
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();
const latin1 = (value: string) => Buffer.from(value).toString("latin1");

describe.each(engines)("%s", (_engine, engine) => {
  describe.each(Object.keys(ways))("%s", (way) => {
    const wasm = (name: string) => wasmOf(name, way);

    async function using<T>(options: Partial<ProxyOptions>, act: (proxy: RunningProxy) => Promise<T>): Promise<T> {
      if (typeof engine === "string") throw new Error(engine);
      const proxy = await engine.start({ filters: [], ...options });
      try {
        return await act(proxy);
      } finally {
        await proxy.close();
      }
    }

    describe("two roots of one VM", () => {
      let proxy: RunningProxy;

      beforeAll(async () => {
        if (typeof engine === "string") throw new Error(engine);
        proxy = await engine.start({
          filters: [
            { name: "probe", wasm: wasm("probe"), configuration: "settings", vmId: "compat" },
            { name: "other", wasm: wasm("probe"), configuration: "unread", vmId: "compat" },
          ],
          upstream: { status: 200, headers: [["x-remove", "1"]] },
        });
      });
      afterAll(() => proxy.close());

      // A tick may fall into any request.
      const logged = async (path: string) =>
        messages((await proxy.send({ path })).logs).filter((message) => message !== "tick");

      test("have their own contexts and configurations; headers are added and removed", async () => {
        const { status, headers } = await proxy.send({ path: "/" });
        expect([status, headers.filter(([name]) => name.startsWith("x-"))]).toEqual([
          200,
          [
            ["x-other", '""'],
            ["x-configuration", "settings"],
          ],
        ]);
      });

      test("may give their contexts members of any name", async () => {
        expect(await logged("/id")).toEqual(["probe"]);
      });

      test("see ticks", async () => {
        await proxy.waitFor(({ logs }) => messages(logs).includes("tick"));
      });

      test("see what is put into a queue, and then that it is empty", async () => {
        expect((await logged("/queue"))[0]).toBe("0 1 0");
        await proxy.waitFor(({ logs }) => messages(logs).includes("queue true é true"));
      });

      test("change request headers; what would forge another is left out", async () => {
        const { upstream, logs } = await proxy.send({
          path: "/headers",
          headers: [
            ["x-a", "1"],
            ["x-b", "old"],
            ["x-user", "mallory"],
          ],
        });
        expect(upstream?.headers.filter(([name]) => name.startsWith("x-") && name !== "x-forwarded-proto")).toEqual([
          ["x-a", "1"],
          ["x-a", "2"],
          ["x-b", "new"],
          ["x-new", latin1("é")],
        ]);
        expect(messages(logs)).toEqual(["a header with a line break in it was left out", '"" "1"']);
      });

      test("read and write header maps as a whole", async () => {
        const { upstream } = await proxy.send({ path: "/whole", headers: [["x-a", latin1("é")]] });
        expect(upstream?.path).toBe("/whole");
        expect(upstream?.headers).toEqual(
          expect.arrayContaining([
            ["x-a", latin1("é")],
            ["x-last", "1"],
          ]),
        );
      });

      test("read and change bodies", async () => {
        const { upstream } = await proxy.send({ method: "POST", path: "/", body: ["ab", "cd"] });
        expect(text(upstream?.body)).toBe("<4>bcd");
      });

      test("read properties and call functions; what is absent is empty", async () => {
        expect(await logged("/properties")).toEqual(["/properties 0 0 é", "0 0 true"]);
      });

      test("share data with compare-and-swap", async () => {
        expect(await logged("/shared")).toEqual(["1 null 0 0 8", "2"]);
      });

      test("count, gauge and read what they measure", async () => {
        expect(await logged("/metrics")).toEqual([expect.stringMatching(/^0 0 5 [12]$/)]);
        expect(await proxy.metrics()).toMatchObject({ solo_counter: 3, solo_gauge: 5 });
      });

      test("answer in place of upstream", async () => {
        const exchange = await proxy.send({ path: "/local" });
        expect(exchange).toMatchObject({ outcome: "local", status: 418, details: "no_tea", upstream: null });
        expect(text(exchange.body)).toBe("é");
        const lines = exchange.headers.filter(([name]) => /^x-[abc]$/.test(name));
        expect(lines).toEqual([["x-a", "1"]]);
      });

      test("see streams end; a local response is refused where it would crash Envoy", async () => {
        expect(await logged("/late")).toEqual([
          "a local response is refused: it is over or ending, and Envoy would crash",
          "log 200 2",
          "done",
          "delete",
        ]);
      });
    });

    test("an unknown root ID is refused, and so is a configuration", async () => {
      const start = (rootId: string, configuration: string) =>
        using({ filters: [{ name: "x", wasm: wasm("probe"), rootId, configuration }] }, async () => {});
      await expect(start("nobody", "settings")).rejects.toMatchObject({
        logs: expect.arrayContaining([
          { level: "error", message: 'unknown root ID "nobody"; this module has "other" "probe"' },
        ]),
      });
      await expect(start("probe", "refuse")).rejects.toThrow();
    });

    test("a service is asked by httpCall, and its answer, its refusal and its failure are told apart", async () => {
      const filters = [{ name: "auth", wasm: wasm("auth"), configuration: "auth" }];
      const http = ({ path }: { readonly path: string }) => {
        if (path === "/silent") return "silent" as const;
        return path === "/ann" ? { status: 200, body: "ann" } : { status: 401, body: "no" };
      };
      await using({ filters, clusters: { auth: { http } } }, async (proxy) => {
        const allowed = await proxy.send({ method: "POST", path: "/ann", body: "abc" });
        expect([allowed.status, text(allowed.upstream?.body)]).toEqual([200, "abc"]);
        expect(allowed.upstream?.headers).toContainEqual(["x-user", "ann"]);
        const refused = await proxy.send({ path: "/bob" });
        expect([refused.status, refused.details, text(refused.body)]).toEqual([403, "denied", "no"]);
        expect(await proxy.send({ path: "/silent" })).toMatchObject({ status: 403, upstream: null });
      });
      const nobody = [{ name: "auth", wasm: wasm("auth"), configuration: "nobody" }];
      await using({ filters: nobody }, async (proxy) => {
        expect(await proxy.send({ path: "/ann" })).toMatchObject({ status: 500, details: "not_sent" });
      });
    });

    test("a connection has the callbacks of connections", async () => {
      await using({ networkFilters: [{ name: "network", wasm: wasm("network") }] }, async (proxy) => {
        const { received, logs } = await proxy.connect({ pieces: ["abc"] });
        expect(text(received)).toBe("ABC");
        expect(messages(logs)).toEqual(["open", "up 3", "closed"]);
      });
    });

    test("a line that nobody reads is not built, if the transform guards it", async () => {
      const filters = [{ name: "probe", wasm: wasm("probe") }];
      await using({ filters, logLevel: "error" }, async (proxy) => {
        expect(messages((await proxy.send({ path: "/log" })).logs)).toEqual([
          way === "without the transform" ? "1 4" : "0 4",
        ]);
      });
    });
  });
});
