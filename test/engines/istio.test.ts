/** What only this engine does: manifests go through istiod. What all engines do is in the scenarios. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConfigurationRefused, type Engine, type FilterSpec, type RunningProxy } from "@proxy-wasm-kit/testing";
import asc from "assemblyscript/asc";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { istioEngine } from "./istio.ts";

/** Logs its configuration in hex, at start and for each request; refuses the word "bad"; keeps bodies until their end. */
const probe = /* AssemblyScript */ `
  // @ts-ignore: decorator
  @external("env", "proxy_log") declare function log(level: i32, at: usize, size: i32): i32;
  // @ts-ignore: decorator
  @external("env", "proxy_get_buffer_bytes")
  declare function bytes(type: i32, start: i32, max: i32, at: usize, size: usize): i32;

  const out = memory.data(8);
  let hex = "";
  function say(text: string): void {
    const line = String.UTF8.encode(text);
    log(2, changetype<usize>(line), line.byteLength);
  }
  export function proxy_abi_version_0_2_1(): void {}
  export function malloc(size: i32): usize { return heap.alloc(size); }
  export function proxy_on_configure(id: i32, size: i32): i32 {
    bytes(7, 0, size, out, out + 4);
    hex = "";
    for (let i: u32 = 0; i < <u32>size; i++) {
      const byte = load<u8>(load<u32>(out) + i);
      hex += (byte < 16 ? "0" : "") + byte.toString(16);
    }
    say("configuration " + hex);
    return hex == "626164" ? 0 : 1;
  }
  export function proxy_on_context_create(id: i32, parent: i32): void {}
  export function proxy_on_request_headers(id: i32, count: i32, end: i32): i32 {
    say("request " + hex);
    return 0;
  }
  export function proxy_on_request_body(id: i32, size: i32, end: i32): i32 { return end ? 0 : 1; }
`;

const engine = await istioEngine();

describe.skipIf(typeof engine === "string")(typeof engine === "string" ? `istio: ${engine}` : engine.title, () => {
  const { start } = engine as Engine;
  let folder: string;
  let wasm: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pwk-probe-"));
    wasm = join(folder, "probe.wasm");
    await compile(probe, wasm);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const filter = (name: string, configuration?: unknown): FilterSpec => ({ name, wasm, configuration });

  async function using<T>(proxy: Promise<RunningProxy>, act: (proxy: RunningProxy) => T | Promise<T>): Promise<T> {
    const running = await proxy;
    try {
      return await act(running);
    } finally {
      await running.close();
    }
  }

  test("configurations survive YAML, istiod and Envoy byte by byte", async () => {
    const texts = [
      "y",
      "no",
      "on",
      "1e3",
      "0x1",
      "1_000",
      "12:30:00",
      "~",
      "",
      " a ",
      "a\nb\n",
      "\n",
      "\t",
      "é\u{1f600}",
      "\u0085",
      "\u2028\u2029\n",
      "\ufeff\x7f\x80\x9f",
    ];
    const all = [...texts, Uint8Array.from({ length: 256 }, (_, i) => i)];
    const filters = all.map((configuration, i) => filter(`filter-${i}`, configuration));
    const logs = await using(start({ filters }), ({ startLogs }) => startLogs.map(({ message }) => message));
    for (const configuration of all)
      expect(logs).toContain(`configuration ${Buffer.from(configuration).toString("hex")}`);
  });

  test("filters are passed in the order given, whatever their names", async () => {
    const names = ["zebra", "ape", "mouse"];
    // Filters of one environment would share a VM, and the probe remembers one configuration.
    const filters = names.map((name) => ({ ...filter(name, name), environment: { NAME: name } }));
    const { logs, upstream } = await using(start({ filters }), (proxy) => proxy.send({ method: "GET" }));
    expect(logs.map(({ message }) => message)).toEqual(
      names.map((name) => `request ${Buffer.from(name).toString("hex")}`),
    );
    expect(upstream).not.toBeNull();
  });

  test("a configuration that the filter refuses is told with its words", async () => {
    const error: unknown = await using(
      start({ filters: [filter("good", "good"), filter("bad", "bad")] }),
      () => null,
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationRefused);
    const { message, logs } = error as ConfigurationRefused;
    expect(message).toContain("Unable to create Wasm plugin bad");
    expect(logs.map((line) => line.message)).toContain("configuration 626164");
  });

  test("a plan that cannot be delivered is an error of its own", async () => {
    await expect(start({ filters: [filter("No Label")] })).rejects.toThrow("manifest: /name: expected a DNS label");
  });

  test("the listener has the buffer limit that is asked for", async () => {
    const options = { filters: [filter("probe")], bufferLimitBytes: 1000 };
    await using(start(options), async (proxy) => {
      const request = { method: "POST", body: [Buffer.alloc(600), Buffer.alloc(100)] };
      expect(await proxy.send(request)).toMatchObject({ outcome: "forwarded", status: 200 });
      expect(await proxy.send({ ...request, body: Buffer.alloc(5000) })).toMatchObject({
        outcome: "local",
        status: 413,
      });
    });
  });

  test.each(["http1", "http2"] as const)("trailers pass both ways over %s", async (protocol) => {
    const upstream = { status: 200, body: "ok", trailers: [["x-sum", "2"]] as const };
    const exchange = await using(start({ filters: [filter("probe")], protocol, upstream }), (proxy) =>
      proxy.send({ method: "POST", body: ["a"], trailers: [["x-sum", "1"]] }),
    );
    expect(exchange.upstream?.trailers).toEqual([["x-sum", "1"]]);
    expect(exchange.trailers).toEqual([["x-sum", "2"]]);
  });
});

async function compile(source: string, to: string): Promise<void> {
  const flags = ["--exportStart", "_initialize", "--use", "abort=", "--runtime", "minimal", "-O"];
  const { error, stderr } = await asc.main(["probe.ts", "--outFile", to, "--baseDir", "/", ...flags], {
    readFile: (name) => (name.endsWith("probe.ts") ? source : null),
  });
  if (error !== null) throw new Error(`the probe does not compile: ${stderr.toString()}`);
}
