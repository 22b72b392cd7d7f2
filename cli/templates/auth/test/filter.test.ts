// `pwk test` runs these on each engine.
import { startProxy } from "proxy-wasm-kit/testing";
import "proxy-wasm-kit/testing/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";

const wasm = "dist/my-filter.wasm";
const configuration = { header: "x-api-key", key_env: "API_KEY" };
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  proxy = await startProxy({ filters: { wasm, configuration }, env: { API_KEY: "open sesame" } });
});
afterAll(() => proxy?.close());

test("the right key passes, and upstream does not learn it", async () => {
  const response = await proxy.fetch("/", { headers: { "x-api-key": "open sesame" } });
  expect(response.status).toBe(200);
  expect(response).toHaveContinued();
  expect(response).not.toHaveForwardedHeader("x-api-key");
});

test("no key is refused", async () => {
  const response = await proxy.fetch("/");
  expect(response).toHaveLocalResponse(401, "my_filter:missing_key");
});

test.each(["open sesamE", "open", "open sesame!", ""])("the key %j is refused", async (key) => {
  const response = await proxy.fetch("/", { headers: { "x-api-key": key } });
  expect(response).toHaveLocalResponse(401, "my_filter:wrong_key");
});

test("a second key is refused, even beside the right one", async () => {
  const headers = ["open sesame", "other"].map((key) => ["x-api-key", key] as const);
  expect(await proxy.send({ path: "/", headers })).toHaveLocalResponse(401, "my_filter:wrong_key");
});

test("without the variable the configuration is refused", async () => {
  const refused = startProxy({ filters: { wasm, configuration } });
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: "ConfigurationRefused" }));
});
