/** What no filter of ours uses, in a probe: the rest of the ABI. */
import type { ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, Scenario, SetUp } from "../scenario.ts";

const filter = { name: "abi", wasm: "dist/probes/abi.wasm" };
const setUp: SetUp = { filters: [filter] };

const passes = (name: string, request: ProxyRequest, log: RegExp, more: Partial<Expectation> = {}): Scenario => ({
  name: `abi: ${name}`,
  setUp,
  request,
  expect: { outcome: "forwarded", status: 200, log, ...more },
});

const utf8 = (text: string) => Buffer.from(text).toString("latin1");

export const abi: readonly Scenario[] = [
  passes(
    "header lines are added, set and removed, and none can be forged",
    {
      path: "/map",
      headers: [
        ["x-a", "1"],
        ["x-c", "1"],
      ],
    },
    /^0 0 0 0, 1,2,3, false, true\n2 2$/m,
    { upstream: { headers: [["x-b", utf8("é")]], withoutHeaders: ["x-c", "x-d", "x-e"] } },
  ),
  passes("a header map is replaced whole, but not by what Envoy would clear it for", { path: "/whole" }, /^2 0$/m, {
    upstream: { headers: [["x-a", "1"]] },
  }),
  passes(
    "what expressions read is what filters set",
    { path: "/state", headers: [["x-a", "1"]] },
    /^0 0 1\né true true\nx-a is 1$/m,
  ),
  passes(
    "foreign functions answer, and those that are not there do not",
    { path: "/foreign" },
    /^true 2000 true\n0 1$/m,
  ),
  passes("gauges, histograms and families count", { path: "/metrics" }, /^4 2$/m, {
    metrics: {
      abi_gauge: 4,
      "method=.=GET;.;code=.=200;.;abi_family": 2,
      "method=.=other;.;code=.=other;.;abi_family": 1,
    },
  }),
  passes("a queue's item comes back to who registered it", { path: "/queue" }, /^put 0 true true$/m, {
    eventually: { log: /^took item true$/m },
  }),
  passes(
    "a root context that has not been asked to end cannot end itself",
    { path: "/done" },
    /^proxy_done: unexpected status 1$/m,
  ),
  passes("clocks go on, and random bytes are there", { path: "/clock" }, /^true true true$/m),
  passes(
    "a response that has not begun cannot be resumed",
    { path: "/misuse/resume" },
    /resuming the response is refused/,
  ),
  passes(
    "a stream that ends is neither answered nor closed",
    { path: "/misuse/end" },
    /(a local response is refused.*\n.*closing the stream is refused.*\nroute 2(\ndone\n|\n|$)){3}/,
  ),
  {
    name: "abi: a stream is closed once",
    setUp,
    request: { path: "/misuse/close-twice" },
    expect: { outcome: "reset", status: 0, log: /closing the stream is refused/ },
  },
  {
    name: "abi: a stream that is answered is not closed too",
    setUp,
    request: { path: "/misuse/answer-and-close" },
    expect: {
      outcome: "local",
      status: 403,
      log: /closing the stream is refused.*\n.*resuming the response is refused/,
    },
  },
  {
    name: "abi: bodies are read in parts and changed at both ends",
    setUp: { filters: [filter], upstream: { status: 200, body: "ok" } },
    request: { method: "POST", path: "/edit", body: ["ab", "cd"] },
    expect: {
      outcome: "forwarded",
      status: 200,
      log: /^4 2 0 0 0 <abcd>\n0$/m,
      upstream: { body: "[<abcd>]" },
      body: "ok+",
    },
  },
  {
    name: "abi: response trailers are seen and added to",
    setUp: { filters: [filter], upstream: { status: 200, body: "ok", trailers: [["x-t", "1"]] } },
    request: { path: "/" },
    expect: { outcome: "forwarded", status: 200, log: /^logged 200$/m },
  },
  {
    name: "abi: HTTP/2 metadata is counted on both ways",
    setUp: {
      filters: [filter],
      protocol: "http2",
      upstream: { status: 200, body: "ok", metadata: { "x-m": "1" } },
    },
    request: { method: "POST", path: "/", body: "ab", metadata: { "x-m": "1", "x-n": "2" } },
    expect: {
      outcome: "forwarded",
      status: 200,
      log: /^request metadata 2\nresponse metadata 1$/m,
      upstream: { body: "ab" },
      body: "ok",
    },
  },
  {
    name: "abi: a gRPC stream talks both ways, and one that is canceled is not heard of again",
    setUp: {
      filters: [filter],
      clusters: {
        talk: {
          grpc: { metadata: [["x-initial", "i"]], status: 9, message: "enough", trailers: [["x-trailing", "t"]] },
          each: (message) => [`re: ${Buffer.from(message).toString()}`],
        },
      },
    },
    request: { path: "/grpc" },
    expect: {
      outcome: "forwarded",
      status: 200,
      log: /^opened 0 0\ninitial i\nmessage re: one\nmessage re: two\ntrailing t\nclosed 9 enough.*, then 1 1 1$/m,
    },
  },
  {
    name: "abi: TCP bytes are changed in both directions",
    setUp: { filters: [], networkFilters: [{ ...filter, configuration: "tcp" }] },
    connection: { pieces: ["a"] },
    expect: { received: ">a<", upstream: ">a", log: /^upstream closed 0$/m },
  },
];
