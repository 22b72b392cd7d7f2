import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import binaryen from "assemblyscript/binaryen";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hostEngine } from "./host-engine.ts";
import { ConfigurationRefused, type ProxyOptions } from "./types.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "host-engine-"));
});
afterAll(() => rm(directory, { recursive: true }));

/** Starts a proxy whose only filter is given in WebAssembly text; it may log the six bytes at 8. */
async function start(functions: string, options: Partial<ProxyOptions> = {}) {
  const module = binaryen.parseText(`(module
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))
    (memory (export "memory") 1) (data (i32.const 8) "heard\\n")
    (func (export "proxy_abi_version_0_2_1"))
    (func (export "malloc") (param i32) (result i32) (i32.const 1024))
    ${functions})`);
  const wasm = join(directory, `${crypto.randomUUID()}.wasm`);
  await writeFile(wasm, module.emitBinary());
  module.dispose();
  return hostEngine.start({ filters: [{ name: "probe", wasm }], ...options });
}

const callback = (name: string, parameters: number, body: string) =>
  `(func (export "${name}") (param ${"i32 ".repeat(parameters)}) (result i32) ${body})`;
const passing = ["headers", "body"].map((part) => callback(`proxy_on_request_${part}`, 3, "(i32.const 0)")).join("");
const logs = "(drop (call $log (i32.const 2) (i32.const 8) (i32.const 5)))";

test("an exchange tells what upstream got, what came back and what was called", async () => {
  const proxy = await start(callback("proxy_on_request_headers", 3, `${logs} (i32.const 0)`));
  const exchange = await proxy.send({ method: "PUT", path: "/a?b", headers: [["X-A", "1"]], body: "hello" });
  expect(exchange).toEqual({
    outcome: "forwarded",
    details: "via_upstream",
    filterState: {},
    status: 200,
    headers: [["content-length", "3"]],
    body: new TextEncoder().encode("ok\n"),
    trailers: [],
    upstream: {
      method: "PUT",
      path: "/a?b",
      authority: "example.com",
      headers: [
        ["x-a", "1"],
        ["content-length", "5"],
        ["x-forwarded-proto", "http"],
      ],
      body: new TextEncoder().encode("hello"),
      trailers: [],
      complete: true,
    },
    logs: [{ level: "info", message: "heard" }],
    callbacks: [{ name: "proxy_on_request_headers", arguments: [2, 7, 0], result: 0 }],
    calls: [],
    failures: [],
  });
});

describe("framing", () => {
  const frames = async (protocol: "http1" | "http2", body: string | string[]) => {
    const proxy = await start(passing, { protocol });
    const { callbacks } = await proxy.send({ method: "POST", body });
    return callbacks.map(({ arguments: [, ...values] }) => values.join(" "));
  };

  test("an HTTP/1 body ends with an empty callback, an HTTP/2 body with its last frame", async () => {
    expect(await frames("http1", "hello")).toEqual(["6 0", "5 0", "0 1"]);
    expect(await frames("http2", "hello")).toEqual(["6 0", "5 1"]);
  });

  test("a body in pieces has no content-length", async () => {
    expect(await frames("http1", ["he", "llo"])).toEqual(["5 0", "2 0", "3 0", "0 1"]);
  });

  test("an empty body is none", async () => {
    expect(await frames("http1", "")).toEqual(["6 1"]);
  });
});

test("a filter that refuses its configuration is reported with what it logged", async () => {
  const refused = start(callback("proxy_on_configure", 2, `${logs} (i32.const 0)`));
  await expect(refused).rejects.toThrow(ConfigurationRefused);
  await expect(refused).rejects.toMatchObject({ logs: [{ level: "info", message: "heard" }] });
});

describe("a root context whose creation has trapped", () => {
  const trap = '(func (export "proxy_on_context_create") (param i32 i32) (unreachable))';
  const vmStart = (result: number) => callback("proxy_on_vm_start", 2, `${logs} (i32.const ${result})`);

  test("is started nevertheless, and fails each request", async () => {
    const proxy = await start(`${trap} ${vmStart(1)}`);
    expect(proxy.startLogs.map(({ message }) => message)).toEqual(["heard", "heard", "heard"]);
    expect(await proxy.send({})).toMatchObject({ status: 503, details: "wasm_fail_stream", callbacks: [] });
  });

  test("is refused when it does not start", async () => {
    await expect(start(`${trap} ${vmStart(0)}`)).rejects.toMatchObject({ logs: [{ message: "heard" }] });
  });

  test("is not configured", async () => {
    const proxy = await start(`${trap} ${callback("proxy_on_configure", 2, `${logs} (i32.const 0)`)}`);
    expect(proxy.startLogs).toEqual([]);
  });
});

test("logs below the level stay unheard", async () => {
  const proxy = await start(callback("proxy_on_request_headers", 3, `${logs} (i32.const 0)`), { logLevel: "warn" });
  expect((await proxy.send({})).logs).toEqual([]);
});

test("the wall clock is the one that was asked for", async () => {
  // Traps unless the clock shows a moment within 2001.
  const proxy = await start(
    callback(
      "proxy_on_request_headers",
      3,
      `(drop (call $now (i32.const 16)))
       (if (i64.ne (i64.div_u (i64.load (i32.const 16)) (i64.const 31556952000000000)) (i64.const 31)) (then (unreachable)))
       (i32.const 0)`,
    ),
    { now: new Date("2001-06-01T00:00:00Z") },
  );
  expect((await proxy.send({})).outcome).toBe("forwarded");
});

test("an upgrade that is not allowed is refused before the filters", async () => {
  const proxy = await start(passing);
  const headers = [
    ["connection", "Upgrade"],
    ["upgrade", "websocket"],
  ] as const;
  expect(await proxy.send({ headers })).toMatchObject({ status: 403, details: "upgrade_failed", callbacks: [] });
});
