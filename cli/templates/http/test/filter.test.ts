// `pwk test` runs these on each engine.
import { startProxy } from "proxy-wasm-kit/testing";
import "proxy-wasm-kit/testing/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";

const wasm = "dist/my-filter.wasm";
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  proxy = await startProxy({ filters: { wasm, configuration: { header: "x-hello", value: "world" } } });
});
afterAll(() => proxy?.close());

test("every response has the header", async () => {
  const response = await proxy.fetch("/");
  expect(response.status).toBe(200);
  expect(response.headers.get("x-hello")).toBe("world");
  expect(response).toHaveContinued();
});

test("upstream's own is replaced", async () => {
  const other = await startProxy({
    filters: { wasm, configuration: { header: "x-hello", value: "world" } },
    upstream: () => new Response("ok\n", { headers: { "x-hello": "upstream" } }),
  });
  expect((await other.fetch("/")).headers.get("x-hello")).toBe("world");
  await other.close();
});

test("a configuration without the header's name is refused", async () => {
  const refused = startProxy({ filters: { wasm, configuration: { value: "world" } } });
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: "ConfigurationRefused" }));
});
