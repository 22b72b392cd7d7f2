/** Configurations that shadow-host refuses. Each of these starts a proxy, so that most mistakes are in the table below. */
import type { RefusalScenario } from "../scenario.ts";
import { withConfiguration } from "./shadow-host-set-up.ts";

/** What is wrong with a configuration, and how the filter says it. */
type Mistake = readonly [configuration: unknown, said: string];

export const mistakes: readonly Mistake[] = [
  [{ marker: true }, "/marker: expected an object, found a boolean"],
  [{ marker: {} }, "/marker/name: expected a string, found nothing"],
  [{ marker: { name: "a b" } }, "/marker/name: expected the name of a header, found something else"],
  [{ marker: { name: "Host" } }, "/marker/name: expected another header, not one that frames the request"],
  [{ marker: { name: "a", value: 1 } }, "/marker/value: expected a string, found a number"],
  [{ marker: { name: "a", value: "b\nc" } }, "/marker/value: expected the value of a header, found something else"],
  [{ marker: { name: "a", valu: "b" } }, "/marker/valu: unknown key; known are name value"],
  [{ exceptions: "a-shadow" }, "/exceptions: expected an array, found a string"],
  [{ exceptions: [] }, "/exceptions: expected at least one, found none"],
  [{ exceptions: ["a-shadow", "b"] }, '/exceptions/1: expected a host that ends in "-shadow"'],
  [{ exceptions: ["a-shadow:80"] }, '/exceptions/0: expected a host that ends in "-shadow"'],
  [{ exceptions: [1] }, '/exceptions/0: expected a host that ends in "-shadow"'],
  [{ shadow_header: "x-shadow" }, "/shadow_header: expected an object, found a string"],
  [{ shadow_header: { name: "" } }, "/shadow_header/name: expected the name of a header, found something else"],
  [{ shadow_header: { name: 1 } }, "/shadow_header/name: expected a string, found a number"],
  [{ shadow_header: { value: " a" } }, "/shadow_header/value: expected the value of a header, found something else"],
  [{ shadow_header: { value: "é" } }, "/shadow_header/value: expected the value of a header, found something else"],
  [{ map: {} }, "/map: expected an array, found an object"],
  [{ map: [1] }, "/map/0: expected an object, found a number"],
  [{ map: [{ to: "a" }] }, "/map/0/from: expected a string, found nothing"],
  [{ map: [{ from: "a" }] }, "/map/0/to: expected a string, found nothing"],
  [{ map: [{ from: "a:80", to: "b" }] }, '/map/0/from: expected a host such as "a.com", "*.a.com" or "*"'],
  [{ map: [{ from: "a*", to: "b" }] }, '/map/0/from: expected a host such as "a.com", "*.a.com" or "*"'],
  [{ map: [{ from: "a", to: "b c" }] }, '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"'],
  [{ map: [{ from: "a", to: "" }] }, '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"'],
  [{ map: [{ from: "*", to: "*.*" }] }, '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"'],
  [{ map: [{ from: "a", to: "b:" }] }, '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"'],
  [{ map: [{ from: "a", to: "b:x" }] }, '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"'],
  [
    { map: [{ from: "a", to: "http://b" }] },
    '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"',
  ],
  [{ unmapped: "drop" }, '/unmapped: expected one of "keep" "refuse"'],
  [{ refuse_unsafe_methods: "yes" }, "/refuse_unsafe_methods: expected a boolean, found a string"],
  [{ remove_headers: "cookie" }, "/remove_headers: expected an array, found a string"],
  [{ remove_headers: ["cookie", ":path"] }, "/remove_headers/1: expected the name of a header, found something else"],
  [
    { remove_headers: ["Content-Length"] },
    "/remove_headers/0: expected another header, not one that frames the request",
  ],
  [{ replace_headers: [{ name: "a" }] }, "/replace_headers/0/value: expected a string, found nothing"],
  [{ replace_headers: [{ value: "a" }] }, "/replace_headers/0/name: expected a string, found nothing"],
  [
    { replace_headers: [{ name: "transfer-encoding", value: "a" }] },
    "/replace_headers/0/name: expected another header, not one that frames the request",
  ],
  [{ x_forwarded_host: "add" }, '/x_forwarded_host: expected one of "keep" "set"'],
  [{ x_envoy_original_host: true }, "/x_envoy_original_host: expected a string, found a boolean"],
  [{ rules: [{}] }, "/rules/0/match: expected an object, found nothing"],
  [{ rules: [{ match: {}, marker: { name: "a" } }] }, "/rules/0/marker: unknown key; known are match map unmapped"],
  [{ rules: [{ match: { hosts: ["a:1"] } }] }, "/rules/0/match/hosts/0: expected a host"],
  [[], "/: expected an object, found an array"],
];

/** What the schema cannot know, or does not say. */
export const knownToTheFilter: readonly Mistake[] = [
  [
    { map: [{ from: "a", to: "b:65536" }] },
    '/map/0/to: expected an authority such as "a.com", "*.a.com" or "a.com:8080"',
  ],
  [{ map: [{ from: "a", to: "*.b" }] }, '/map/0/to: expected no "*", as there is none in "from"'],
  [
    { marker: { name: "A" }, shadow_header: { name: "a" } },
    "/shadow_header/name: expected another header than the marker",
  ],
  [{ strip_suffix: false }, "/strip_suffix: expected true, as without marker the suffix says what is mirrored"],
  [{ marker: { name: "X-Shadow" }, shadow_header: {} }, "/shadow_header/name: expected another header than the marker"],
];

const secret = "Bearer of-the-mirror";

export const shadowHostConfiguration: readonly RefusalScenario[] = [
  {
    name: "shadow-host: every mistake is told at once, and no value",
    setUp: {
      ...withConfiguration({
        exceptions: ["a"],
        shadow_header: { name: "a b" },
        replace_headers: [{ name: "authorization", value: `${secret}\n` }],
        rules: [{ match: {}, unmapped: 1 }],
        extra: null,
      }),
      secrets: [secret],
    },
    refused: /\/unmapped: [\s\S]*\/exceptions\/0: [\s\S]*\/shadow_header\/name: [\s\S]*\/extra: unknown key/,
  },
  {
    name: "shadow-host: a text that is no JSON is refused",
    setUp: withConfiguration("exceptions: a"),
    refused: /line 1, column 1: expected a value/,
  },
];
