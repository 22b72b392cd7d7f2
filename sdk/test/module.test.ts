/** What the SDK and its transform put into a module, and what a stream costs in it. */
import { beforeAll, describe, expect, test } from "vitest";
import { compile, compileBytes } from "./compile.ts";

describe("a module exports only the callbacks its filter overrides", () => {
  const always = [
    "proxy_abi_version_0_2_1",
    "proxy_on_memory_allocate",
    "malloc",
    "proxy_on_context_create",
    "proxy_on_configure",
    "proxy_on_delete",
    "memory",
    "_initialize",
  ];

  test.each([
    ["sdk/test/assembly/empty.ts", []],
    ["examples/add-header/assembly/index.ts", ["proxy_on_response_headers"]],
    [
      "sdk/test/assembly/probe.ts",
      ["proxy_on_request_headers", "proxy_on_request_body", "proxy_on_request_trailers", "proxy_on_log"],
    ],
  ])("%s", async (entry, callbacks) => {
    const exported = WebAssembly.Module.exports(await WebAssembly.compile(await compileBytes(entry)));
    expect(exported.map(({ name }) => name).sort()).toEqual([...always, ...callbacks].sort());
  });

  test("and imports only what it uses", async () => {
    const imports = WebAssembly.Module.imports(
      await WebAssembly.compile(await compileBytes("sdk/test/assembly/empty.ts")),
    );
    expect(imports.map(({ name }) => name).sort()).toEqual(["proxy_get_property", "proxy_log"]);
  });
});

/** What each costs; the runtime, the collector, assertions and the words of errors are in it. */
test.each([
  ["sdk/test/assembly/empty.ts", 3500],
  ["examples/add-header/assembly/index.ts", 5000],
])("%s is at most %i bytes", async (entry, most) => {
  expect((await compileBytes(entry)).length).toBeLessThanOrEqual(most);
});

interface Streams {
  proxy_on_context_create(id: number, parent: number): void;
  proxy_on_response_headers(id: number, count: number, endOfStream: number): number;
  proxy_on_delete(id: number): void;
}

describe("a stream", () => {
  let module: Awaited<ReturnType<typeof compile<Streams>>>;
  let next = 2;

  beforeAll(async () => {
    module = await compile<Streams>("examples/add-header/assembly/index.ts");
    module.proxy_on_context_create(1, 0);
  });

  const open = (): number => {
    const id = next++;
    module.proxy_on_context_create(id, 1);
    module.proxy_on_response_headers(id, 3, 1);
    return id;
  };

  test("leaves nothing behind: memory is one page after a million", () => {
    for (let i = 0; i < 1_000_000; ++i) module.proxy_on_delete(open());
    expect(module.memory.buffer.byteLength).toBe(65536);
  });

  test("may make garbage: memory stays where it is", async () => {
    const responding = await compile<
      Streams & { proxy_on_request_headers(id: number, n: number, end: number): number }
    >("sdk/test/assembly/respond.ts");
    responding.proxy_on_context_create(1, 0);
    const sizes = [20_000, 300_000].map((last) => {
      for (let id = 2; id < last; ++id) {
        responding.proxy_on_context_create(id, 1);
        responding.proxy_on_request_headers(id, 3, 1);
        responding.proxy_on_delete(id);
      }
      return responding.memory.buffer.byteLength / 65536;
    });
    expect(sizes[1]).toBe(sizes[0]);
    expect(sizes[1]).toBeLessThanOrEqual(4);
  });

  test("is found whatever the order in which others end", () => {
    const ids = Array.from({ length: 5000 }, open);
    for (let i = ids.length - 1; i > 0; --i) {
      const j = (i * 7919) % (i + 1);
      [ids[i], ids[j]] = [ids[j] ?? 0, ids[i] ?? 0];
    }
    for (const id of ids.splice(0, 2500)) module.proxy_on_delete(id);
    // A context that is gone, or never was, is no trap.
    module.proxy_on_delete(ids[0] ?? 0);
    expect(module.proxy_on_response_headers(ids[0] ?? 0, 3, 1)).toBe(0);
    for (const id of ids) module.proxy_on_delete(id);
  });

  test("costs about the same with 1 open as with 10,000", () => {
    const many = Array.from({ length: 10_000 }, open);
    const time = (rounds: number) => {
      const begin = performance.now();
      for (let i = 0; i < rounds; ++i) module.proxy_on_delete(open());
      return performance.now() - begin;
    };
    const few: number[] = [];
    const crowded: number[] = [];
    for (let round = 0; round < 7; ++round) {
      crowded.push(time(50_000));
      const gone = many.splice(0);
      for (const id of gone) module.proxy_on_delete(id);
      few.push(time(50_000));
      many.push(...gone.map(open));
    }
    const median = (values: number[]) => values.sort((a, b) => a - b)[3] ?? 0;
    expect(median(crowded) / median(few)).toBeLessThan(3);
  });
});
