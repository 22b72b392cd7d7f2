/** The example add-header: a configured value in every response. */
import type { Scenario } from "../scenario.ts";

const wasm = "dist/examples/add-header.wasm";
const withValue = (value: string) => ({ filters: [{ name: "add-header", wasm, configuration: value }] });

export const addHeader: readonly Scenario[] = [
  {
    name: "add-header: the configuration's text is the header's value",
    setUp: withValue("hello, wörld"),
    request: {},
    expect: {
      outcome: "forwarded",
      status: 200,
      headers: [["x-hello", Buffer.from("hello, wörld").toString("latin1")]],
    },
  },
  {
    name: "add-header: upstream's own header of the name gives way",
    setUp: {
      ...withValue("ours"),
      upstream: {
        status: 404,
        headers: [
          ["x-hello", "theirs"],
          ["x-hello", "too"],
        ],
      },
    },
    request: { method: "HEAD", path: "/none" },
    expect: { outcome: "forwarded", status: 404, headers: [["x-hello", "ours"]] },
  },
  {
    name: "add-header: a value that would forge another header is not written",
    setUp: withValue("a\r\nset-cookie: b"),
    request: {},
    expect: { outcome: "forwarded", status: 200, withoutHeaders: ["x-hello", "set-cookie"] },
  },
  {
    name: "add-header: no value is refused",
    setUp: withValue(""),
    refused: /the configuration is the header's value, and there is none/,
  },
];
