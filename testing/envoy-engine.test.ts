import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NoEnvoy } from "@proxy-wasm-kit/envoy";
import asc from "assemblyscript/asc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { envoyEngine } from "./envoy-engine.ts";
import { ConfigurationRefused, type Engine, type Exchange, type ProxyOptions, type ProxyRequest } from "./types.ts";

/** Does what the request's header `do` says, and logs in the callbacks a stream ends with. */
const probe = /* AssemblyScript */ `
  // @ts-ignore: decorator
  @external("env", "proxy_log") declare function log(level: i32, at: usize, size: i32): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_get_header_map_value")
  declare function header(map: i32, name: usize, size: i32, at: usize, length: usize): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_send_local_response")
  declare function reply(status: i32, a: usize, b: i32, body: usize, size: i32, c: usize, d: i32, grpc: i32): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_close_stream") declare function close(stream: i32): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_define_metric") declare function metric(type: i32, at: usize, size: i32, id: usize): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_increment_metric") declare function increment(id: i32, by: i64): i32;

  const out = memory.data(8);
  let task = "";
  let counter = 0;
  function say(text: string): void {
    const bytes = String.UTF8.encode(text);
    log(3, changetype<usize>(bytes), bytes.byteLength);
  }
  function act(): i32 {
    const text = String.UTF8.encode("no");
    if (task == "deny") reply(403, 0, 0, changetype<usize>(text), 2, 0, 0, -1);
    if (task == "close") close(0);
    if (task == "trap") unreachable();
    if (task == "loop") while (true) load<u8>(out);
    return task == "wait" ? 1 : 0;
  }
  export function proxy_abi_version_0_2_1(): void {}
  export function malloc(size: i32): usize { return heap.alloc(size); }
  export function proxy_on_configure(id: i32, size: i32): i32 {
    const name = String.UTF8.encode("requests");
    metric(0, changetype<usize>(name), name.byteLength, out);
    counter = load<i32>(out);
    say("configured\\nwith " + size.toString());
    return size == 9 ? 0 : 1;
  }
  export function proxy_on_context_create(id: i32, parent: i32): void {}
  export function proxy_on_request_headers(id: i32, count: i32, end: i32): i32 {
    increment(counter, 1);
    const name = String.UTF8.encode("do");
    const found = header(0, changetype<usize>(name), 2, out, out + 4) == 0;
    task = found ? String.UTF8.decodeUnsafe(load<u32>(out), load<u32>(out + 4)) : "";
    if (!task.startsWith("body ")) return act();
    task = task.substring(5);
    return 0;
  }
  export function proxy_on_request_body(id: i32, size: i32, end: i32): i32 { return act(); }
  export function proxy_on_log(id: i32): void {
    if (task == "crash") reply(403, 0, 0, 0, 0, 0, 0, -1); // Envoy 1.39 recurses until its stack is full.
    say("log");
  }
  export function proxy_on_done(id: i32): i32 { say("done"); return 1; }
  export function proxy_on_delete(id: i32): void { say("delete"); }
`;

const engine = await envoyEngine().catch((error: unknown) => {
  if (error instanceof NoEnvoy) return error;
  throw error;
});

describe.skipIf(engine instanceof NoEnvoy)(
  engine instanceof NoEnvoy ? `envoy: ${engine.message}` : engine.title,
  () => {
    const { start } = engine as Engine;
    let folder: string;
    let wasm: string;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), "pwk-probe-"));
      wasm = join(folder, "probe.wasm");
      await compile(probe, wasm);
    });
    afterAll(() => rm(folder, { recursive: true }));

    async function exchanges(options: Omit<ProxyOptions, "filters">, requests: ProxyRequest[]): Promise<Exchange[]> {
      const proxy = await start({ filters: [{ name: "probe", wasm }], ...options });
      try {
        const all: Exchange[] = [];
        for (const request of requests) all.push(await proxy.send(request));
        return all;
      } finally {
        await proxy.close();
      }
    }

    async function exchange(options: Omit<ProxyOptions, "filters">, request: ProxyRequest): Promise<Exchange> {
      const [only] = await exchanges(options, [request]);
      if (only === undefined) throw new Error("no exchange");
      return only;
    }

    const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString();

    describe.each(["http1", "http2"] as const)("over %s", (protocol) => {
      test("a request and its response pass, with their trailers and every byte of their headers", async () => {
        const upstream = {
          status: 201,
          headers: [
            ["x-a", "1"],
            ["x-b", "\xe9\xff"],
            ["x-a", "2"],
          ] as const,
          body: "hi",
          trailers: [["x-sum", "9"]] as const,
        };
        const seen = await exchange(
          { protocol, upstream },
          {
            method: "PUT",
            path: "/a?b=c",
            authority: "shop.example",
            headers: [
              ["x-one", "1"],
              ["x-one", ""],
              ["x-two", "\xe9\xff"],
            ],
            body: ["hel", "lo"],
            trailers: [["x-check", "5"]],
          },
        );
        expect(seen).toMatchObject({ outcome: "forwarded", details: "via_upstream", status: 201 });
        expect(seen.headers).toEqual(upstream.headers);
        expect(text(seen.body)).toBe("hi");
        expect(seen.trailers).toEqual(upstream.trailers);
        expect(seen.upstream).toMatchObject({
          method: "PUT",
          path: "/a?b=c",
          authority: "shop.example",
          complete: true,
        });
        expect(seen.upstream?.headers).toEqual([
          ["x-one", "1"],
          ["x-one", ""],
          ["x-two", "\xe9\xff"],
          ["x-forwarded-proto", "http"],
        ]);
        expect(text(seen.upstream?.body)).toBe("hello");
        expect(seen.upstream?.trailers).toEqual([["x-check", "5"]]);
      });

      test("a body in one piece has a content-length", async () => {
        const seen = await exchange({ protocol }, { method: "POST", body: "hello" });
        expect(seen.upstream?.headers).toContainEqual(["content-length", "5"]);
        expect(text(seen.body)).toBe("ok\n");
      });

      test("callbacks and logs are whole, to the last of the stream", async () => {
        const [, seen] = await exchanges({ protocol }, [{}, {}]);
        expect(seen?.callbacks).toEqual([
          { name: "proxy_on_context_create", arguments: [3, 1] },
          { name: "proxy_on_request_headers", arguments: [3, 5, 1], result: 0 },
          { name: "proxy_on_log", arguments: [3] },
          { name: "proxy_on_done", arguments: [3], result: 1 },
          { name: "proxy_on_delete", arguments: [3] },
        ]);
        expect(seen?.logs).toEqual(["log", "done", "delete"].map((message) => ({ level: "warn", message })));
      });

      test("a local response before the body leaves upstream alone", async () => {
        const seen = await exchange({ protocol }, { method: "POST", headers: [["do", "deny"]], body: ["hel", "lo"] });
        expect(seen).toMatchObject({ outcome: "local", status: 403, upstream: null });
        expect(text(seen.body)).toBe("no");
      });

      test("a local response in the body cuts off what upstream already has", async () => {
        const seen = await exchange({ protocol }, { method: "POST", headers: [["do", "body deny"]], body: ["hello"] });
        expect(seen).toMatchObject({ outcome: "local", status: 403 });
        if (seen.upstream !== null) expect(seen.upstream.complete).toBe(false);
      });

      test("an unfinished request ends with its response", async () => {
        const request = { method: "POST", headers: [["do", "deny"]] as const, body: ["hel"], unfinished: true };
        expect(await exchange({ protocol }, request)).toMatchObject({ outcome: "local", status: 403, upstream: null });
      });

      test("a stream the filter closes is reset", async () => {
        const seen = await exchange({ protocol }, { headers: [["do", "close"]] });
        expect(seen).toMatchObject({ outcome: "reset", status: 0, details: "wasm_close_stream", upstream: null });
      });

      test("a trap is the callback without a result, and the proxy's own answer", async () => {
        const seen = await exchange({ protocol }, { headers: [["do", "trap"]] });
        expect(seen).toMatchObject({ outcome: "local", status: 503, upstream: null });
        expect(seen.callbacks.at(1)).toEqual({ name: "proxy_on_request_headers", arguments: [2, 6, 1] });
      });

      test("a large body arrives whole", async () => {
        const body = "0123456789abcdef".repeat(65_536);
        const seen = await exchange({ protocol }, { method: "POST", body });
        expect(text(seen.upstream?.body)).toBe(body);
      });
    });

    test("a body over the limit of what a filter may hold back is refused", async () => {
      const request = { method: "POST", headers: [["do", "body wait"]] as const, body: ["x".repeat(5000)] };
      expect(await exchange({ bufferLimitBytes: 1024 }, request)).toMatchObject({ outcome: "local", status: 413 });
    });

    test("order and repeats of headers stay as sent over HTTP/1", async () => {
      const headers = [
        ["x-a", "1"],
        ["x-b", "2"],
        ["x-a", "3"],
      ] as const;
      expect((await exchange({}, { headers })).upstream?.headers.slice(0, 3)).toEqual(headers);
    });

    test("a websocket passes where the listener lets it, and is refused where not", async () => {
      const headers = [
        ["connection", "Upgrade"],
        ["upgrade", "websocket"],
      ] as const;
      const upstream = { status: 101, headers, body: "frames" };
      const passed = await exchange({ upgrades: ["websocket"], upstream }, { headers });
      expect(passed).toMatchObject({ outcome: "forwarded", status: 101 });
      expect(text(passed.body)).toBe("frames");
      expect(passed.headers).toContainEqual(["upgrade", "websocket"]);
      expect(passed.upstream?.headers).toContainEqual(["upgrade", "websocket"]);
      expect(await exchange({ upstream }, { headers })).toMatchObject({
        outcome: "local",
        status: 403,
        upstream: null,
      });
    });

    test("a crash of Envoy is told as such", async () => {
      const proxy = await start({ filters: [{ name: "probe", wasm }], logLevel: "error" });
      await expect(proxy.send({ headers: [["do", "crash"]] })).rejects.toThrow(/^envoy was ended by SIG\w+ while/);
      await proxy.close();
    });

    test("a filter whose names have colons is heard as any other", async () => {
      const proxy = await start({ filters: [{ name: "ns/probe:v1", rootId: "root:1", wasm }], logLevel: "warn" });
      const { logs } = await proxy.send({});
      await proxy.close();
      expect(logs.map(({ message }) => message)).toEqual(["log", "done", "delete"]);
    });

    test("a filter that does not return is told as such, and ends", async () => {
      const impatient = await envoyEngine({ patienceMs: 200 });
      const proxy = await impatient.start({ filters: [{ name: "probe", wasm }] });
      await expect(proxy.send({ headers: [["do", "loop"]] })).rejects.toThrow(/^envoy was stuck .* does not return$/);
      await expect(proxy.send({})).rejects.toThrow("envoy was stuck");
      await proxy.close();
    });

    test("metrics are those filters define, now", async () => {
      const proxy = await start({ filters: [{ name: "probe", wasm }] });
      await proxy.send({});
      await proxy.send({});
      expect(await proxy.metrics()).toEqual({ requests: 2 });
      await proxy.close();
    });

    test("what filters log while they start is known when the proxy is", async () => {
      const proxy = await start({ filters: [{ name: "probe", wasm, configuration: { a: 1 } }], logLevel: "warn" });
      await proxy.close();
      // Once in Envoy's trial run, once on its main thread, once on its worker.
      expect(proxy.startLogs).toEqual(Array(3).fill({ level: "warn", message: "configured\nwith 7" }));
    });

    test("a configuration the filter refuses stops the start, with what the filter said", async () => {
      const refusal = await start({ filters: [{ name: "probe", wasm, configuration: "refuse me" }] }).catch(
        (error) => error,
      );
      expect(refusal).toBeInstanceOf(ConfigurationRefused);
      expect(refusal.message).toContain("Unable to create Wasm plugin probe");
      expect(refusal.logs).toEqual([{ level: "warn", message: "configured\nwith 9" }]);
    });
  },
);

async function compile(source: string, to: string): Promise<void> {
  const flags = ["--exportStart", "_initialize", "--use", "abort=", "--runtime", "minimal", "-O"];
  const { error, stderr } = await asc.main(["probe.ts", "--outFile", to, "--baseDir", "/", ...flags], {
    readFile: (name) => (name.endsWith("probe.ts") ? source : null),
  });
  if (error !== null) throw new Error(`the probe does not compile: ${stderr.toString()}`);
}
