/** The example ab-cohort: a service says which cohort a user is in, or the default one serves. */
import type { ClusterSpec, HeaderLine, UpstreamResponse } from "@proxy-wasm-kit/testing";
import type { Expectation, Scenario, SetUp } from "../scenario.ts";

const wasm = "dist/examples/ab-cohort.wasm";
const setUp = (http: UpstreamResponse | "silent" | "unreachable", more: object = {}): SetUp => ({
  filters: [
    { name: "ab-cohort", wasm, configuration: { cluster: "cohorts", timeout_ms: 300, cache_seconds: 0, ...more } },
  ],
  clusters: { cohorts: { http } satisfies ClusterSpec },
});

const user = (id: string): HeaderLine => ["x-user-id", id];
const cohort = (name: string): Expectation => ({
  outcome: "forwarded",
  status: 200,
  upstream: { headers: [["x-test-cohort", name]] },
});
const asked = (path: string) => ({ cluster: "cohorts", method: "GET", path });
const blue = { status: 200, body: "blue\n" };

export const abCohort: readonly Scenario[] = [
  {
    name: "ab-cohort: upstream hears what the service says, and not what the client says",
    setUp: setUp(blue),
    request: { headers: [user(Buffer.from("ann/é").toString("latin1")), ["x-test-cohort", "mine"]] },
    expect: { ...cohort("blue"), calls: [asked("/cohort?user=ann%2F%C3%A9")] },
  },
  {
    name: "ab-cohort: a request with a body waits too, and loses nothing",
    setUp: setUp(blue),
    request: { method: "POST", headers: [user("ann")], body: ["he", "llo"] },
    expect: { ...cohort("blue"), upstream: { headers: [["x-test-cohort", "blue"]], body: "hello" } },
  },
  {
    name: "ab-cohort: nobody is asked about nobody",
    setUp: setUp(blue),
    request: { headers: [["x-test-cohort", "mine"]] },
    expect: { ...cohort("control"), calls: [] },
  },
  {
    name: "ab-cohort: an answer is kept, for this user alone",
    setUp: setUp(blue, { cache_seconds: 60 }),
    before: [{ headers: [user("kept")] }],
    request: { headers: [user("kept")] },
    expect: { ...cohort("blue"), calls: [] },
  },
  {
    name: "ab-cohort: another user is asked about",
    setUp: setUp(blue, { cache_seconds: 60 }),
    request: { headers: [user("another")] },
    expect: { ...cohort("blue"), calls: [asked("/cohort?user=another")] },
  },
  {
    name: "ab-cohort: a service that is down costs nothing but the cohort",
    setUp: setUp("unreachable"),
    request: { headers: [user("ann")] },
    expect: { ...cohort("control"), log: /no cohort in the service's answer \(status 503\)/ },
  },
  {
    name: "ab-cohort: a service that is silent is not waited for",
    setUp: setUp("silent"),
    request: { headers: [user("ann")] },
    expect: { ...cohort("control"), log: /no cohort in the service's answer \(status 504\)/ },
  },
  {
    name: "ab-cohort: an answer that is no cohort is not passed on",
    setUp: setUp({ status: 200, body: "<html>" }, { default_cohort: "none" }),
    request: { headers: [user("ann")] },
    expect: { ...cohort("none"), log: /no cohort in the service's answer \(status 200\)/ },
  },
  {
    name: "ab-cohort: a cluster that Envoy does not have is no reason to fail",
    setUp: setUp(blue, { cluster: "nobody" }),
    request: { headers: [user("ann")] },
    expect: { ...cohort("control"), calls: [], log: /the service cannot be called \(status 2\)/ },
  },
  {
    name: "ab-cohort: a key that is misspelt is refused",
    setUp: setUp(blue, { timeout: 5 }),
    refused: /ab-cohort: .*timeout/,
  },
];
