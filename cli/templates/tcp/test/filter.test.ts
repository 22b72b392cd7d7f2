// `pwk test` runs these on each engine.
import { startProxy } from "proxy-wasm-kit/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const wasm = "dist/my-filter.wasm";
const text = (bytes: Uint8Array | null) => (bytes === null ? "" : new TextDecoder().decode(bytes));
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  // Upstream sends back what it gets.
  proxy = await startProxy({ networkFilters: { wasm, configuration: { preamble: "PING" } } });
});
afterAll(() => proxy?.close());

test("a connection that begins right goes through, however it is cut", async () => {
  const { received, upstream } = await proxy.connect({ pieces: ["P", "IN", "G!"] });
  expect([text(upstream), text(received)]).toEqual(["PING!", "PING!"]);
});

test("a connection that begins wrong is closed, and upstream hears nothing of it", async () => {
  const before = (await proxy.metrics()).my_filter_refused ?? 0;
  const { upstream } = await proxy.connect({ pieces: ["GET / HTTP/1.1\r\n\r\n"], unfinished: true });
  expect(text(upstream)).toBe("");
  expect((await proxy.metrics()).my_filter_refused).toBe(before + 1);
});

test("a connection that ends before it has begun right is closed", async () => {
  const { upstream } = await proxy.connect({ pieces: ["PI"] });
  expect(text(upstream)).toBe("");
});

test("a configuration without the preamble is refused", async () => {
  const refused = startProxy({ networkFilters: { wasm, configuration: {} } });
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: "ConfigurationRefused" }));
});
