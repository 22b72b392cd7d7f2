import { describe, expect, test } from "vitest";
import { serializePairs } from "./pairs.ts";
import { mirror } from "./test/mirror.ts";
import { head, type Script, stage } from "./test/puppet.ts";
import type { TraceEvent, TraceReturn } from "./trace.ts";

/** What is traced of one request, without what differs from run to run. */
async function traced(script: string | readonly Script[], body = ""): Promise<Partial<TraceEvent>[]> {
  const events: TraceEvent[] = [];
  const { host } = await stage(script, { onTrace: (event) => events.push(event) });
  events.length = 0;
  await host.send(head("POST"), body);
  return events;
}

/** Arguments, result and what was returned of one host call of the mirror, made on what `put` has put into memory. */
async function decoded(
  name: string,
  signature: string,
  values: readonly (number | bigint)[],
  put: readonly (readonly [address: number, bytes: string | Uint8Array])[] = [],
  options: Parameters<typeof mirror>[1] = {},
) {
  const events: TraceEvent[] = [];
  const { call, vm } = await mirror({ [name]: signature }, { ...options, onTrace: (event) => events.push(event) });
  for (const [address, bytes] of put) {
    vm.memory.write(address, typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  }
  events.length = 0;
  call(name, ...values);
  const [begun] = events.filter(({ event }) => event === "call");
  const done = events.find((event): event is TraceReturn => event.event === "return" && event.id === begun?.id);
  return { arguments: begun?.event === "call" && begun.arguments, result: done?.result, returned: done?.returned };
}

test("a callback begins, its host calls begin and return in it, and it returns", async () => {
  const events = await traced(
    "request_headers add 0 x-a one\nrequest_headers return 1\nrequest_body$ continue 0",
    "hi",
  );
  const from = events.findIndex(({ name }) => name === "proxy_on_request_headers");
  const { id = 0 } = events[from] ?? {};
  expect(events.slice(from, from + 6)).toEqual([
    {
      ...{ event: "call", id, depth: 0, kind: "callback", plugin: "p1", context: 2 },
      ...{ name: "proxy_on_request_headers", arguments: { context: 2, headers: 5, end: false } },
    },
    {
      ...{ event: "call", id: id + 1, depth: 1, kind: "hostCall", plugin: "p1", context: 2 },
      ...{ name: "proxy_add_header_map_value", arguments: { map: "RequestHeaders", name: "x-a", value: "one" } },
    },
    {
      ...{ event: "return", id: id + 1, depth: 1, name: "proxy_add_header_map_value", result: "Ok" },
      durationUs: expect.any(Number),
    },
    {
      ...{ event: "call", id: id + 2, depth: 1, kind: "hostCall", plugin: "p1", context: 2 },
      ...{ name: "proxy_log", arguments: { level: "Info", message: "request_headers add 0" } },
    },
    {
      ...{ event: "return", id: id + 2, depth: 1, name: "proxy_log", result: "Ok" },
      durationUs: expect.any(Number),
    },
    {
      ...{ event: "return", id, depth: 0, name: "proxy_on_request_headers", result: "StopIteration" },
      durationUs: expect.any(Number),
    },
  ]);
});

test("a trap is the callback's failure", async () => {
  const events = await traced("request_headers trap");
  expect(events).toContainEqual(
    expect.objectContaining({
      ...{ event: "return", name: "proxy_on_request_headers" },
      failure: expect.stringContaining("unreachable"),
    }),
  );
  expect(events).not.toContainEqual(expect.objectContaining({ name: "proxy_on_request_headers", result: 0 }));
});

test("each filter's calls have its name", async () => {
  const events = await traced([{ script: "request_headers say a" }, { script: "request_headers say b" }]);
  const plugins = events.flatMap((event) => (event.name === "proxy_log" && "plugin" in event ? [event.plugin] : []));
  expect(plugins).toEqual(["p1", "p2"]);
});

test("starting is traced too", async () => {
  const events: TraceEvent[] = [];
  await stage("configure say x", { onTrace: (event) => events.push(event) });
  const names = new Set(events.map(({ name }) => name));
  expect(names).toEqual(
    new Set([
      ...["_initialize", "proxy_on_context_create", "proxy_on_vm_start", "proxy_on_configure"],
      ...["proxy_get_buffer_bytes", "proxy_log"],
    ]),
  );
});

describe("values", () => {
  const pairs = serializePairs([
    [":path", "/"],
    ["x", "y"],
  ]);

  test("pairs, text and numbers", async () => {
    const cluster: [number, string] = [2000, "auth"];
    expect(
      await decoded(
        "proxy_http_call",
        "iiiiiiiiii:i",
        [2000, 4, 8, pairs.length, 0, 0, 0, 0, 500, 2100],
        [cluster, [8, pairs]],
      ),
    ).toMatchObject({
      arguments: {
        ...{ cluster: "auth", body: "", trailers: [], timeoutMs: 500 },
        headers: [
          [":path", "/"],
          ["x", "y"],
        ],
      },
      result: "BadArgument",
    });
  });

  test("paths, and what was not found", async () => {
    expect(await decoded("proxy_get_property", "iiii:i", [8, 12, 32, 40], [[8, "request\0path"]])).toEqual({
      ...{ arguments: { path: "request.path" }, result: "NotFound", returned: undefined },
    });
  });

  test("what was given back", async () => {
    expect(await decoded("proxy_get_property", "iiii:i", [8, 11, 32, 40], [[8, "plugin_name"]])).toEqual({
      ...{ arguments: { path: "plugin_name" }, result: "Ok", returned: { value: "plugin" } },
    });
    expect(await decoded("proxy_get_buffer_bytes", "iiiii:i", [6, 0, 99, 32, 40])).toEqual({
      arguments: { buffer: "VmConfiguration", start: 0, max: 99 },
      ...{ result: "Ok", returned: { bytes: "vm configuration" } },
    });
    expect(await decoded("proxy_get_current_time_nanoseconds", "i:i", [32])).toMatchObject({
      returned: { ns: 1_000_000_000 },
    });
  });

  test("bytes that are no text, or much of it", async () => {
    const binary = await decoded("proxy_log", "iii:i", [0, 8, 2], [[8, Uint8Array.of(0, 255)]]);
    expect(binary.arguments).toEqual({ level: "Trace", message: { bytes: 2, hex: "00ff" } });
    const long = await decoded("proxy_log", "iii:i", [0, 8, 2000], [[8, "x".repeat(2000)]]);
    expect(long.arguments).toEqual({ level: "Trace", message: { bytes: 2000, text: "x".repeat(1024) } });
  });

  test("what is outside of memory, and numbers without a name", async () => {
    expect(await decoded("proxy_log", "iii:i", [9, 64 * 1024, 9])).toEqual({
      ...{ arguments: { level: 9, message: null }, result: "BadArgument", returned: undefined },
    });
  });

  test("an environment without its values", async () => {
    const options = { module: "wasi_snapshot_preview1", environment: { TOKEN: "secret" } };
    expect(await decoded("environ_get", "ii:i", [32, 64], [], options)).toMatchObject({
      returned: { variables: [["TOKEN", "***"]] },
    });
  });

  test("functions of which only types are known", async () => {
    const options = { module: "wasi_snapshot_preview1" };
    expect(await decoded("fd_seek", "iIii:i", [1, 2n, 3, 4], [], options)).toMatchObject({ arguments: [1, 2, 3, 4] });
  });
});
