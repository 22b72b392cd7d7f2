// `pwk test` runs these on each engine.
import { startProxy } from "proxy-wasm-kit/testing";
import { afterAll, beforeAll, expect, test } from "vitest";

const wasm = "dist/my-filter.wasm";
let proxy: Awaited<ReturnType<typeof startProxy>>;

beforeAll(async () => {
  const parts = [
    { prefix: "/books/", value: "books" },
    { prefix: "/shelves/", value: "shelves" },
  ];
  proxy = await startProxy({ filters: { wasm, configuration: { parts } }, filterState: ["part"] });
});
afterAll(() => proxy?.close());

test.each([
  ["/books/1", "books"],
  ["/shelves/1?page=2", "shelves"],
  ["/", "other"],
])("the part of %s is %s", async (path, part) => {
  const { filterState } = await proxy.send({ path });
  expect(filterState).toEqual({ part });
});

test("a configuration without parts is refused", async () => {
  const refused = startProxy({ filters: { wasm, configuration: {} } });
  await expect(refused).rejects.toThrow(expect.objectContaining({ name: "ConfigurationRefused" }));
});
