import { expect, test } from "vitest";
import { type TracedCall, TraceTree } from "./trace.ts";
import { traceJsonLines, traceText } from "./trace-text.ts";

const call = { kind: "hostCall", plugin: "auth", context: 2 } as const;
const calls: readonly TracedCall[] = [
  {
    ...{ kind: "callback", plugin: "auth", context: 2, name: "proxy_on_request_headers" },
    ...{ arguments: { context: 2, headers: 5, end: false }, result: "StopIteration", durationUs: 112.4 },
    calls: [
      {
        ...{ ...call, name: "proxy_get_header_map_value", arguments: { map: "RequestHeaders", name: "x-key" } },
        ...{ result: "Ok", returned: { value: "a b" }, durationUs: 3.1, calls: [] },
      },
      {
        ...{
          ...call,
          name: "proxy_http_call",
          arguments: { headers: [[":path", "/"]], body: { bytes: 2, hex: "00ff" } },
        },
        ...{ result: "BadArgument", calls: [] },
      },
    ],
  },
  { kind: "callback", plugin: "", context: null, name: "proxy_on_log", arguments: [2], failure: "trap", calls: [] },
];

test("the text is a tree with values, results and times", () => {
  expect(traceText(calls)).toBe(
    `auth#2 proxy_on_request_headers(headers: 5, end: false) → StopIteration  112 µs
├─ proxy_get_header_map_value(map: RequestHeaders, name: x-key) → Ok value: "a b"  3.1 µs
└─ proxy_http_call(headers: {:path: /}, body: 2 bytes 00ff) → BadArgument
proxy_on_log(2) ✗ trap`,
  );
});

test("JSON has a line for each call, with its depth", () => {
  const lines = traceJsonLines(calls).trim().split("\n");
  expect(lines.map((line) => [JSON.parse(line).depth, JSON.parse(line).name])).toEqual([
    [0, "proxy_on_request_headers"],
    [1, "proxy_get_header_map_value"],
    [1, "proxy_http_call"],
    [0, "proxy_on_log"],
  ]);
});

test("a tree grows from events, and is taken when its calls have returned", () => {
  const tree = new TraceTree();
  const begin = { kind: "callback", plugin: "a", context: 1, arguments: {} } as const;
  tree.add({ event: "call", id: 0, depth: 0, ...begin, name: "outer" });
  tree.add({ event: "call", id: 1, depth: 1, ...begin, name: "inner" });
  tree.add({ event: "return", id: 1, depth: 1, name: "inner", result: "Ok", durationUs: 1 });
  expect(tree.take()).toEqual([]);
  tree.add({ event: "return", id: 0, depth: 0, name: "outer", durationUs: 2 });
  expect(tree.take()).toEqual([
    {
      ...{ ...begin, name: "outer", durationUs: 2 },
      calls: [{ ...begin, name: "inner", result: "Ok", durationUs: 1, calls: [] }],
    },
  ]);
});
