/** What shadow-host does with hosts that end in "-shadow", and with requests that are mirrored by that sign. */
import type { RequestScenario } from "../scenario.ts";
import { Proxied } from "./shadow-host-set-up.ts";

const plain = new Proxied();

const suffixes: readonly RequestScenario[] = [
  plain.becomes(
    "a mirrored request gets its host back",
    { authority: "shop.example-shadow" },
    { authority: "shop.example" },
  ),
  plain.becomes("and keeps its port", { authority: "shop-shadow:8080" }, { authority: "shop:8080" }),
  plain.becomes("an IPv6 address", { authority: "[2001:db8::1]-shadow" }, { authority: "[2001:db8::1]" }),
  plain.becomes("an IPv6 address with a port", { authority: "[::1]-shadow:80" }, { authority: "[::1]:80" }),
  plain.becomes("an IPv4 address", { authority: "10.0.0.1-shadow:80" }, { authority: "10.0.0.1:80" }),
  plain.becomes("a name with a dot at its end", { authority: "shop.example.-shadow" }, { authority: "shop.example." }),
  plain.becomes("letters stay as they are", { authority: "Shop.Example-shadow" }, { authority: "Shop.Example" }),
  plain.becomes("mirrored twice, it loses one suffix", { authority: "a-shadow-shadow" }, { authority: "a-shadow" }),
  plain.becomes(
    "body, path and all else are as they were",
    { authority: "a-shadow", method: "POST", path: "/p?q=-shadow", headers: [["x-shadow", "a"]], body: "body" },
    { authority: "a", path: "/p?q=-shadow", headers: [["x-shadow", "a"]], body: "body" },
  ),
  plain.leaves("a request that is not mirrored stays as it is", { authority: "shop.example:8080" }),
  plain.leaves("the suffix is small, as Envoy writes it", { authority: "shop-SHADOW" }),
  plain.leaves("the suffix is behind the name", { authority: "a-shadow.example" }),
  plain.leaves("nothing but a suffix is a name", { authority: "-shadow" }),
  plain.leaves("with a port too", { authority: "-shadow:80" }),
  plain.leaves("a port that is called so is none", { authority: "a:80-shadow" }),
];

const careful = new Proxied({
  exceptions: ["reports-shadow", "*.team-shadow"],
  shadow_header: {},
  remove_headers: ["Cookie", "x-api-key"],
  replace_headers: [{ name: "authorization", value: "Bearer of-the-mirror" }],
  refuse_unsafe_methods: true,
  x_forwarded_host: "set",
  x_envoy_original_host: "set",
  rules: [
    { match: { hosts: ["forms.example"], methods: ["POST"] }, refuse_unsafe_methods: false },
    { match: { hosts: ["*.open.example"] }, remove_headers: [], replace_headers: [], refuse_unsafe_methods: false },
    { match: { headers: [{ name: "x-tenant", exact: "b" }] }, map: [{ from: "*", to: "b.example" }] },
    { match: { paths: [{ prefix: "/private/" }] }, unmapped: "refuse" },
  ],
});

const mirror = (name: string) => ({ authority: `${name}-shadow` });

const precautions: readonly RequestScenario[] = [
  careful.leaves("a host that ends in the suffix by right keeps it", { authority: "reports-shadow:8080" }),
  careful.leaves("whatever its case", { authority: "Reports-shadow" }),
  careful.leaves("a wildcard names many of them", { authority: "a.b.team-shadow" }),
  careful.becomes("a wildcard wants a label", { authority: "team-shadow" }, { authority: "team" }),
  careful.becomes("mirrored, such a host loses one suffix", mirror("reports-shadow"), { authority: "reports-shadow" }),
  careful.becomes("upstream is told", mirror("a.example"), { authority: "a.example", headers: [["x-shadow", "true"]] }),
  careful.becomes(
    "only by the filter",
    {
      ...mirror("a.example"),
      headers: [
        ["x-shadow", "no"],
        ["X-Shadow", "maybe"],
      ],
    },
    { headers: [["x-shadow", "true"]] },
  ),
  careful.leaves(
    "a client that claims to be a mirror is not believed",
    { headers: [["x-shadow", "true"]] },
    { withoutHeaders: ["x-shadow"] },
  ),
  careful.becomes(
    "credentials are removed or replaced",
    {
      ...mirror("a.example"),
      headers: [
        ["cookie", "a=1"],
        ["x-api-key", "1"],
        ["x-api-key", "2"],
        ["authorization", "Bearer of-a-person"],
      ],
    },
    { headers: [["authorization", "Bearer of-the-mirror"]], withoutHeaders: ["cookie", "x-api-key"] },
  ),
  careful.becomes("a header that is not there is not replaced", mirror("a"), { withoutHeaders: ["authorization"] }),
  careful.leaves(
    "credentials of others stay",
    {
      headers: [
        ["cookie", "a=1"],
        ["authorization", "Bearer of-a-person"],
      ],
    },
    {
      headers: [
        ["cookie", "a=1"],
        ["authorization", "Bearer of-a-person"],
      ],
    },
  ),
  careful.becomes(
    "the hosts before are told",
    { authority: "a.example-shadow:8080", headers: [["x-forwarded-host", "a client's"]] },
    {
      headers: [
        ["x-forwarded-host", "a.example:8080"],
        ["x-envoy-original-host", "a.example-shadow:8080"],
      ],
    },
  ),
  careful.leaves(
    "not where the host is as it was",
    { headers: [["x-forwarded-host", "a client's"]] },
    { headers: [["x-forwarded-host", "a client's"]], withoutHeaders: ["x-envoy-original-host"] },
  ),
  careful.refuses("a mirrored POST is refused", { ...mirror("a"), method: "POST", body: "a" }, "unsafe_method"),
  careful.refuses("a DELETE", { ...mirror("a"), method: "DELETE" }, "unsafe_method"),
  careful.refuses("a method that nobody knows", { ...mirror("a"), method: "PURGE" }, "unsafe_method"),
  careful.becomes("a HEAD goes on", { ...mirror("a"), method: "HEAD" }, { authority: "a" }),
  careful.becomes("an OPTIONS too", { ...mirror("a"), method: "OPTIONS" }, { authority: "a" }),
  {
    ...careful.refuses("a gRPC call is refused", { ...mirror("a"), method: "POST" }, "unsafe_method"),
    request: { ...mirror("a"), method: "POST", headers: [["content-type", "application/grpc"]], body: "a" },
    expect: {
      outcome: "local",
      status: 200,
      headers: [["grpc-status", "7"]],
      details: "shadow_host:unsafe_method",
      upstream: null,
    },
  },
  careful.leaves("a POST that is not mirrored goes on", { method: "POST", body: "a" }, { body: "a" }),
  careful.becomes(
    "a rule sees the host without the suffix",
    { authority: "forms.example-shadow:80", method: "POST", body: "a" },
    { authority: "forms.example:80", body: "a" },
  ),
  careful.refuses("and the method", { ...mirror("forms.example"), method: "PUT", body: "a" }, "unsafe_method"),
  careful.becomes(
    "a rule may take precautions back",
    { ...mirror("a.open.example"), method: "PUT", headers: [["cookie", "a=1"]], body: "a" },
    {
      headers: [
        ["cookie", "a=1"],
        ["x-shadow", "true"],
      ],
    },
  ),
  careful.becomes(
    "what a rule leaves out is as at the top",
    {
      ...mirror("a"),
      headers: [
        ["x-tenant", "b"],
        ["cookie", "a=1"],
      ],
    },
    { authority: "b.example", withoutHeaders: ["cookie"] },
  ),
  careful.leaves("rules are for mirrored requests", { authority: "a", headers: [["x-tenant", "b"]] }),
  careful.refuses(
    "a host without a mapping is refused where it must not be",
    { ...mirror("a"), path: "/private/a" },
    "host_not_mapped",
  ),
];

const mapped = new Proxied({
  map: [
    { from: "pay.prod.example", to: "pay-sandbox.example:8443" },
    { from: "*.prod.example", to: "*.staging.example" },
    { from: "*.eu.example", to: "eu-*-mirror.example:81" },
    { from: "[::1]", to: "[::2]" },
    { from: "*.local", to: "local" },
    { from: "*", to: "*.everything.example" },
  ],
  unmapped: "refuse",
  x_forwarded_host: "set",
});

const maps: readonly RequestScenario[] = [
  mapped.becomes("another host takes its place", mirror("a.prod.example"), { authority: "a.staging.example" }),
  mapped.becomes(
    "labels stay, and so does the port",
    { authority: "a.b.Prod.example-shadow:80" },
    { authority: "a.b.staging.example:80" },
  ),
  mapped.becomes(
    "the first mapping wins, and has a port of its own",
    { authority: "pay.prod.example-shadow:443" },
    { authority: "pay-sandbox.example:8443", headers: [["x-forwarded-host", "pay.prod.example:443"]] },
  ),
  mapped.becomes(
    "the labels may stand anywhere",
    { authority: "a.eu.example-shadow:80" },
    { authority: "eu-a-mirror.example:81" },
  ),
  mapped.becomes("or nowhere", mirror("a.local"), { authority: "local" }),
  mapped.becomes("an IPv6 address may have another", { authority: "[::1]-shadow:80" }, { authority: "[::2]:80" }),
  mapped.becomes("a star alone is every name", mirror("a.b"), { authority: "a.b.everything.example" }),
  mapped.refuses("but no address in brackets", { authority: "[::3]-shadow" }, "host_not_mapped"),
  mapped.leaves("what is not mirrored is not mapped", { authority: "a.prod.example" }),
];

export const shadowHost: readonly RequestScenario[] = [...suffixes, ...precautions, ...maps];
