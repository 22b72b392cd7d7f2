// `pwk test` runs these on each engine.
import { startProxy } from "proxy-wasm-kit/testing";
import "proxy-wasm-kit/testing/vitest";
import { afterAll, beforeAll, expect, test } from "vitest";

const wasm = "dist/my-filter.wasm";
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  proxy = await startProxy({
    filters: { wasm, configuration: { cluster: "checker" } },
    clusters: {
      checker: {
        http: ({ headers }) => {
          const credentials = headers.find(([name]) => name === "authorization")?.[1];
          if (credentials === "Bearer broken") return { status: 500 };
          return { status: credentials === "Bearer letmein" ? 200 : 401 };
        },
      },
    },
  });
});
afterAll(() => proxy?.close());

test("what the service allows passes, body and all", async () => {
  const headers = { authorization: "Bearer letmein" };
  const response = await proxy.fetch("/", { method: "POST", body: "hello", headers });
  expect(response.status).toBe(200);
  expect(response).toHavePaused("request");
  expect(response).toHaveUpstreamBody("hello");
  expect(proxy.lastExchange.calls).toHaveLength(1);
});

test("what it does not allow is refused", async () => {
  const response = await proxy.fetch("/", { headers: { authorization: "Bearer wrong" } });
  expect(response).toHaveLocalResponse(403, "my_filter:denied");
});

test("when the service fails, nothing passes", async () => {
  const response = await proxy.fetch("/", { headers: { authorization: "Bearer broken" } });
  expect(response).toHaveLocalResponse(503, "my_filter:no_answer");
});

test("when the service does not answer in time, nothing passes", async () => {
  const other = await startProxy({
    filters: { wasm, configuration: { cluster: "checker", timeout_ms: 50 } },
    clusters: { checker: { http: "silent" } },
  });
  expect(await other.fetch("/")).toHaveLocalResponse(503, "my_filter:no_answer");
  await other.close();
});

test("a configuration without the cluster is refused", async () => {
  const refused = startProxy({ filters: { wasm, configuration: {} } });
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: "ConfigurationRefused" }));
});
