/** The rule block that every filter can have: which settings a request gets. */
import type { ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Scenario, SetUp } from "../scenario.ts";

const withRules = (rules: unknown): SetUp => ({
  filters: [{ name: "rules", wasm: "dist/probes/rules.wasm", configuration: { limit: 5, rules } }],
});
const setUp = withRules([
  { match: { hosts: ["*.shop.example"], paths: [{ template: "/orders/{id}/{rest...}" }] }, name: "orders", limit: 7 },
  { match: { methods: ["PUT"], paths: [{ prefix: "/a/" }] }, name: "put" },
  { match: { headers: [{ name: "x-canary", exact: "yes" }] }, name: "canary" },
  { match: { paths: [{ exact: "/exact" }] }, name: "exact" },
]);

const falls = (name: string, request: ProxyRequest, rule: string): Scenario => ({
  name: `rules: ${name}`,
  setUp,
  request,
  expect: { outcome: "forwarded", status: 200, upstream: { headers: [["x-rule", rule]] } },
});

export const rules: readonly Scenario[] = [
  falls("a request that nothing matches has the settings of the top", { path: "/" }, "top 5 -"),
  falls(
    "host and template match, whatever the port, case and query",
    { authority: "Eu.Shop.Example:8080", path: "/orders/7/items/2?x=/" },
    "orders 7 7",
  ),
  falls("a wildcard wants a label", { authority: "shop.example", path: "/orders/7/items" }, "top 5 -"),
  falls("what a rule leaves out is as at the top", { method: "PUT", path: "/a/b" }, "put 5 -"),
  falls("the first rule wins", { method: "PUT", path: "/a/b", headers: [["x-canary", "yes"]] }, "put 5 -"),
  falls(
    "any line of a header may match",
    {
      path: "/b",
      headers: [
        ["x-canary", "no"],
        ["x-canary", "yes"],
      ],
    },
    "canary 5 -",
  ),
  falls("an exact path is exact", { path: "/exact/" }, "top 5 -"),
  falls("and has no query", { path: "/exact?a=b" }, "exact 5 -"),
  {
    name: "rules: a rule that could match nothing is refused",
    setUp: withRules([{ match: { paths: [{ exact: "/a", prefix: "/b" }] } }]),
    refused: /rules: \/rules\/0\/match\/paths\/0/,
  },
  {
    name: "rules: a setting that is misspelt in a rule is refused",
    setUp: withRules([{ match: {}, limt: 3 }]),
    refused: /rules: \/rules\/0\/limt/,
  },
];
