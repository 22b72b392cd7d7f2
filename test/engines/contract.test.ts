/** What every engine does alike with clusters, services and connections. What filters do is in the scenarios. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  ConfigurationRefused,
  type Engine,
  envoyEngine,
  type FilterSpec,
  hostEngine,
  type ProxyOptions,
  type RunningProxy,
} from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compile } from "../compile.ts";
import { istioEngine } from "./istio.ts";

const engines: readonly (readonly [string, Engine | string])[] = [
  ["host", hostEngine],
  ["envoy", await envoyEngine().catch((error: Error) => error.message)],
  ["istio", await istioEngine()],
];

const folder = await mkdtemp(join(tmpdir(), "pwk-probe-"));
const wasm = join(folder, "probe.wasm");
beforeAll(() => compile("test/engines/assembly/probe.ts", wasm));
afterAll(() => rm(folder, { recursive: true }));

const probe = (rootId: string, more: Partial<FilterSpec> = {}): FilterSpec => ({ name: rootId, rootId, wasm, ...more });
const text = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString();

describe.each(engines)("%s", (_name, engine) => {
  async function using<T>(options: Partial<ProxyOptions>, act: (proxy: RunningProxy) => Promise<T>): Promise<T> {
    if (typeof engine === "string") throw new Error(engine);
    const proxy = await engine.start({ filters: [], ...options });
    try {
      return await act(proxy);
    } finally {
      await proxy.close();
    }
  }

  /** What the probe tells upstream, and what reached the cluster "target". */
  const ask = (target: NonNullable<ProxyOptions["clusters"]>[string], task: string) =>
    using({ filters: [probe("caller")], clusters: { target } }, async (proxy) => {
      const { upstream, calls } = await proxy.send({ headers: [["x-task", task]] });
      return { answer: upstream?.headers.find(([name]) => name === "x-answer")?.[1], calls };
    });

  describe.skipIf(typeof engine === "string")("clusters", () => {
    test("answer HTTP calls, and what reached them is told", async () => {
      const { answer, calls } = await ask({ http: { status: 203, body: "yes" } }, "http target ready?");
      expect(answer).toBe("203 yes");
      expect(calls).toHaveLength(1);
      expect(calls[0]).toMatchObject({
        cluster: "target",
        method: "POST",
        path: "/ask",
        authority: "cluster.example",
        complete: true,
        messages: [],
      });
      expect(calls[0]?.headers).toEqual([
        ["x-from", "probe"],
        ["content-length", "6"],
      ]);
      expect(text(calls[0]?.body)).toBe("ready?");
    });

    test("answer by what they are asked", async () => {
      const http = ({ body }: { readonly body: Uint8Array }) => ({ status: 200, body: `${text(body)}!` });
      expect((await ask({ http }, "http target you")).answer).toBe("200 you!");
    });

    test("that refuse connections are a 503", async () => {
      const { answer, calls } = await ask({ http: "unreachable" }, "http target x");
      expect(answer).toMatch(/^503 upstream connect error/);
      expect(calls).toEqual([]);
    });

    test("that are silent have got the call, and are a 504", async () => {
      const { answer, calls } = await ask({ http: "silent" }, "http target x");
      expect(answer).toBe("504 upstream request timeout");
      expect(calls).toMatchObject([{ path: "/ask", complete: true }]);
    });

    test("answer gRPC calls, and what reached them is told", async () => {
      const { answer, calls } = await ask({ grpc: { messages: ["pong"] } }, "grpc target ping");
      expect(answer).toBe("0 pong");
      expect(calls).toMatchObject([
        { cluster: "target", method: "POST", path: "/probe.Probe/Ask", headers: [["x-from", "probe"]], complete: true },
      ]);
      expect(calls[0]?.messages.map(text)).toEqual(["ping"]);
      expect(text(calls[0]?.body)).toBe("\0\0\0\0\x04ping");
    });

    test("answer gRPC calls with an error, by what they are asked", async () => {
      const grpc = ({ messages: [message] }: { readonly messages: readonly Uint8Array[] }) => ({
        status: 7,
        message: `no ${text(message)}`,
      });
      expect((await ask({ grpc }, "grpc target ping")).answer).toMatch(/^7 no ping/);
    });

    test.each(["silent", "unreachable"] as const)("of gRPC that are %s are UNAVAILABLE", async (grpc) => {
      const { answer, calls } = await ask({ grpc }, "grpc target ping");
      expect(answer).toMatch(/^14 /);
      expect(calls).toHaveLength(grpc === "silent" ? 1 : 0);
    });

    test("talk over gRPC streams", async () => {
      const each = (message: Uint8Array) => [`${text(message)}1`];
      const { answer, calls } = await ask({ each, grpc: { messages: ["bye"], status: 0 } }, "stream target hi");
      expect(answer).toMatch(/^0 hi1,bye,/);
      expect(calls).toMatchObject([{ path: "/probe.Probe/Talk", complete: true }]);
    });

    test("that are not there are an error of the call", async () => {
      expect((await ask({ http: { status: 200 } }, "http other x")).answer).toBe("status 2");
    });
  });

  test.skipIf(typeof engine === "string")("upstream may answer before the body has come", async () => {
    const upstream = { status: 200, body: "early", early: true };
    await using({ filters: [probe("caller")], upstream }, async (proxy) => {
      const exchange = await proxy.send({ method: "POST", body: ["never"], unfinished: true });
      expect(exchange).toMatchObject({ outcome: "forwarded", status: 200, upstream: { complete: false } });
      expect(text(exchange.body)).toBe("early");
    });
  });

  test.skipIf(typeof engine === "string").each([
    ["http1", { body: "a" }],
    ["http2", {}],
  ] as const)("metadata over %s that nothing could carry is refused: %j", async (protocol, request) => {
    const sent = using({ protocol }, (proxy) => proxy.send({ ...request, metadata: { "x-m": "1" } }));
    await expect(sent).rejects.toThrow(/^metadata needs/);
  });

  describe.skipIf(typeof engine === "string")("services", () => {
    const worker = probe("worker", { vmId: "worker", configuration: "zeal" });

    test("run once, take what filters put into their queue, and show what they did", async () => {
      const options = { filters: [probe("caller", { vmId: "filters" })], services: [worker] };
      await using(options, async (proxy) => {
        const start = proxy.startLogs.map(({ message }) => message);
        expect(start.filter((message) => message === "worker starts with zeal").length).toBeGreaterThan(0);
        for (const item of ["one", "two"]) {
          const { upstream } = await proxy.send({ headers: [["x-task", `enqueue work ${item}`]] });
          expect(upstream?.headers).toContainEqual(["x-answer", "status 0"]);
        }
        const seen = await proxy.waitFor(({ metrics }) => metrics.worked === 2);
        const messages = seen.logs.map(({ message }) => message);
        expect(messages).toEqual(expect.arrayContaining(["worked on one", "worked on two"]));
      });
    });

    test("that refuse their configuration stop the start", async () => {
      const refused = using({ services: [{ ...worker, configuration: "refuse" }] }, async () => null);
      const error: unknown = await refused.catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ConfigurationRefused);
      const { logs } = error as ConfigurationRefused;
      expect(logs).toContainEqual({ level: "info", message: "worker starts with refuse" });
    });
  });

  describe.skipIf(typeof engine === "string")("connections", () => {
    const networkFilters = [probe("tap")];

    test("pass the filters both ways, and end when the client has ended", async () => {
      const seen = await using({ networkFilters }, (proxy) => proxy.connect({ pieces: ["hello"] }));
      expect(text(seen.received)).toBe("hello");
      expect(text(seen.upstream)).toBe("hello");
      expect(seen.end).toBe("closed");
      const messages = seen.logs.map(({ message }) => message);
      expect(messages).toEqual(
        expect.arrayContaining([
          "connected",
          "client says hello",
          "server says hello",
          expect.stringMatching("closed"),
        ]),
      );
      expect(seen.callbacks.at(0)?.name).toBe("proxy_on_context_create");
      expect(seen.callbacks.at(-1)?.name).toBe("proxy_on_delete");
    });

    test("are closed by upstream after its reply", async () => {
      const options = { networkFilters, tcpUpstream: { reply: "so long", closes: true } };
      const seen = await using(options, (proxy) => proxy.connect({ pieces: ["hello"], unfinished: true }));
      expect(text(seen.received)).toBe("so long");
      expect(seen.end).toBe("closed");
    });

    test("are closed by filters, and upstream gets nothing of what they stopped", async () => {
      const seen = await using({ networkFilters }, (proxy) => proxy.connect({ pieces: ["quit"], unfinished: true }));
      expect(text(seen.received)).toBe("");
      expect(text(seen.upstream)).toBe("");
      expect(seen.end).toBe("closed");
    });

    test("leave requests alone", async () => {
      const exchange = await using({ networkFilters }, (proxy) => proxy.send({}));
      expect(exchange).toMatchObject({ outcome: "forwarded", status: 200, logs: [] });
    });

    test("need network filters", async () => {
      await expect(using({}, (proxy) => proxy.connect({}))).rejects.toThrow("network filters");
    });
  });
});
