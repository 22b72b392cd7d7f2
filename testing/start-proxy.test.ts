import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { ManualClock } from "@proxy-wasm-kit/host";
import { describe, expect, test, vi } from "vitest";
import { assemble, skeleton } from "../host/test/mirror.ts";
import { puppetBytes } from "../host/test/puppet.ts";
import { allCalls, exchangeOf, type StartOptions, startProxy } from "./index.ts";
import "./matchers/vitest.ts";

const envoyMissing = await findEnvoy().then(
  () => false,
  () => true,
);

/** A proxy with one filter that does what the script says (host/test/assembly/puppet.ts). */
const start = async (script: string, options: Omit<StartOptions, "filters"> = {}) =>
  startProxy({ filters: { name: "puppet", wasm: await puppetBytes(), configuration: script }, ...options });

describe("filters", () => {
  test("are modules, by path, URL or bytes, or modules with their configuration", async () => {
    const wasm = "dist/hmac-auth.wasm";
    const configuration = { signing_key: "k", signature_header: "x-s" };
    for (const source of [wasm, pathToFileURL(wasm), await readFile(wasm)]) {
      const proxy = await startProxy({ filters: { wasm: source, configuration } });
      expect((await proxy.fetch("/", { method: "POST", body: "x" })).status).toBe(401);
      await proxy.close();
    }
  });

  test("may be many, or none", async () => {
    const wasm = await puppetBytes();
    const filter = (configuration: string) => ({ vmId: configuration, wasm, configuration });
    const proxy = await startProxy({ filters: [filter("request_headers say a"), filter("request_headers say b")] });
    await proxy.fetch("/");
    expect(proxy.lastExchange.logs.map(({ message }) => message)).toEqual([
      "request_headers say a",
      "request_headers say b",
    ]);
    expect((await (await startProxy({})).fetch("/")).status).toBe(200);
  });

  test("that refuse their configuration are refused", async () => {
    await expect(start("configure return 1")).rejects.toMatchObject({
      name: "ConfigurationRefused",
      trace: expect.arrayContaining([expect.objectContaining({ name: "proxy_on_configure", result: false })]),
    });
  });
});

describe("fetch", () => {
  test("is the platform's, through the filters to a function", async () => {
    const proxy = await start("request_headers add 0 x-added yes", {
      async upstream(request) {
        const said = [request.method, request.url, request.headers.get("x-added"), await request.text()];
        return Response.json(said, { status: 201, headers: { "x-up": "1" } });
      },
    });
    const response = await proxy.fetch("http://shop.example/cart?x=1", { method: "PUT", body: "hello" });
    expect([response.status, response.headers.get("x-up")]).toEqual([201, "1"]);
    expect(await response.json()).toEqual(["PUT", "http://shop.example/cart?x=1", "yes", "hello"]);
  });

  test("takes a path, a URL or a request", async () => {
    const proxy = await start("", { upstream: (request) => new Response(request.url) });
    const url = "http://example.com/a?b";
    for (const input of ["/a?b", new URL(url), new Request(url)]) {
      expect(await (await proxy.fetch(input)).text()).toBe(url);
    }
  });

  test("sends a stream in its pieces", async () => {
    const proxy = await start("");
    const body = new ReadableStream({
      start(controller) {
        for (const piece of ["he", "llo"]) controller.enqueue(new TextEncoder().encode(piece));
        controller.close();
      },
    });
    await proxy.fetch("/", { method: "POST", body });
    const sizes = proxy.lastExchange.callbacks.filter(({ name }) => name === "proxy_on_request_body");
    expect(sizes.map(({ arguments: [, size] }) => size)).toEqual([2, 3, 0]);
  });

  test("tells the exchange of a response", async () => {
    const proxy = await start("request_headers respond 403 no");
    const [one, other] = await Promise.all([proxy.fetch("/one"), proxy.fetch("/other")]);
    expect(exchangeOf(one)).toMatchObject({ status: 403, details: "puppet_said_no", upstream: null });
    expect(exchangeOf(other)).toBe(proxy.lastExchange);
    expect(() => exchangeOf(new Response())).toThrow("expected a response of `proxy.fetch`");
  });

  test("gives statuses that `Response` cannot be made with", async () => {
    const proxy = await start("request_headers respond 999 odd");
    expect((await proxy.fetch("/")).status).toBe(999);
    expect((await (await start("", { upstream: () => new Response(null, { status: 204 }) })).fetch("/")).status).toBe(
      204,
    );
  });

  test("fails when there is no response, and with what the function has thrown", async () => {
    await expect((await start("request_headers close 0")).fetch("/")).rejects.toThrow("the stream was reset");
    const proxy = await start("", {
      upstream() {
        throw new Error("not as expected");
      },
    });
    await expect(proxy.fetch("/")).rejects.toThrow("not as expected");
    expect(proxy.lastExchange.status).toBe(503);
  });
});

test("an environment reaches every filter, and its values no trace", async () => {
  const wasm = assemble(`(module
    (import "wasi_snapshot_preview1" "environ_get" (func $environ (param i32 i32) (result i32)))
    (import "env" "proxy_log" (func $log (param i32 i32 i32) (result i32)))
    ${skeleton}
    (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
      (drop (call $environ (i32.const 64) (i32.const 80)))
      (drop (call $log (i32.const 2) (i32.const 80) (i32.const 3)))
      (i32.const 0)))`);
  const proxy = await startProxy({
    filters: [wasm, { wasm, vmId: "other", environment: { A: "c" } }],
    env: { A: "b" },
  });
  await proxy.fetch("/");
  const { logs, trace = [] } = proxy.lastExchange;
  expect(logs.map(({ message }) => message)).toEqual(["A=b", "A=c"]);
  const calls = [...allCalls(trace)].filter(({ name }) => name === "wasi_snapshot_preview1.environ_get");
  expect(calls.map(({ returned }) => returned)).toEqual(Array(2).fill({ variables: [["A", "***"]] }));
});

describe("the clock", () => {
  test("is moved by the test: ticks fire", async () => {
    const proxy = await start("configure tick 100\ntick say now", { clock: new ManualClock() });
    await proxy.advance(99);
    expect(proxy.logs.filter(({ message }) => message === "tick say now")).toEqual([]);
    await proxy.advance(101);
    // The main thread's VM ticks, and the worker's.
    expect(proxy.logs.filter(({ message }) => message === "tick say now")).toHaveLength(4);
    await expect((await start("")).advance(1)).rejects.toThrow("ManualClock");
  });
});

describe("a stream", () => {
  test("is looked into between its pieces", async () => {
    const proxy = await start("request_headers return 1\nrequest_body$ add 0 x-late yes\n");
    const stream = await proxy.open();
    await stream.headers([[":method", "POST"]]);
    expect(stream.exchange).toMatchObject({ outcome: "open", upstream: null, paused: { request: true } });
    await stream.data("hel");
    await stream.data("lo", true);
    expect(stream.exchange).toMatchObject({
      ...{ outcome: "forwarded", status: 200, paused: { request: false, response: false } },
      upstream: { method: "POST", body: new TextEncoder().encode("hello") },
    });
    expect(await stream.finished).toMatchObject({ status: 200 });
  });

  test("shows what upstream has before it has all", async () => {
    const stream = await (await start("")).open();
    await stream.headers([[":method", "POST"]]);
    await stream.data("hel");
    expect(stream.exchange.upstream).toMatchObject({ complete: false, body: new TextEncoder().encode("hel") });
    await stream.trailers([["x-t", "1"]]);
    expect(stream.exchange.upstream).toMatchObject({ complete: true, trailers: [["x-t", "1"]] });
    expect(stream.exchange.body).toEqual(new TextEncoder().encode("ok\n"));
  });

  test("ends when the client goes away", async () => {
    const stream = await (await start("request_headers return 1")).open();
    await stream.headers();
    await stream.reset();
    expect(await stream.finished).toMatchObject({ outcome: "reset", details: "downstream_remote_disconnect" });
  });
});

describe.skipIf(envoyMissing)("a real Envoy", () => {
  test("serves the same", async () => {
    const proxy = await start("request_headers add 0 x-added yes\nrequest_headers say hello", {
      engine: "envoy",
      upstream: async (request) =>
        Response.json([request.url, request.headers.get("x-added"), await request.text()], { status: 201 }),
    });
    const response = await proxy.fetch("/a?b", { method: "POST", body: "hello" });
    expect([response.status, await response.json()]).toEqual([201, ["http://example.com/a?b", "yes", "hello"]]);
    expect(response).toHaveForwardedHeader("x-added", "yes");
    expect(response).toHaveLogged("say hello", "info");
    const [headers] = (exchangeOf(response).trace ?? []).filter(({ name }) => name === "proxy_on_request_headers");
    expect(headers).toMatchObject({ kind: "callback", arguments: [2, 7, 0], result: "Continue" });
    expect(headers?.calls.map(({ name, result }) => [name, result])).toEqual([
      ["proxy_add_header_map_value", "Ok"],
      ["proxy_log", "Ok"],
      ["proxy_log", "Ok"],
    ]);
    await expect(proxy.open()).rejects.toThrow("only the host");
    await proxy.close();
  });

  test("tells traps, and what the function has thrown", async () => {
    const proxy = await start("request_headers trap", { engine: "envoy" });
    const response = await proxy.fetch("/");
    expect(response).toHaveTrapped("unreachable");
    expect(exchangeOf(response).trace).toContainEqual(
      expect.objectContaining({
        ...{ name: "proxy_on_request_headers", failure: expect.stringContaining("unreachable") },
      }),
    );
    await proxy.close();
    const failing = await start("", {
      engine: "envoy",
      upstream() {
        throw new Error("not as expected");
      },
    });
    await expect(failing.fetch("/")).rejects.toThrow("not as expected");
    expect(failing.lastExchange).toMatchObject({ status: 503, outcome: "local" });
    await failing.close();
  });

  test("has no clock to move", async () => {
    await expect(start("", { engine: "envoy", clock: new ManualClock() })).rejects.toThrow("real clock");
  });
});

test("the environment may name the engine, and only one that there is", async () => {
  vi.stubEnv("PWK_ENGINE", "nginx");
  await expect(startProxy({})).rejects.toThrow("PWK_ENGINE: expected host or envoy, found nginx");
  await (await startProxy({ engine: "host" })).close();
  vi.unstubAllEnvs();
});
