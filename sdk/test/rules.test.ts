/** Rules: which settings a request gets, and what is refused in a configuration. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostEngine, type RunningProxy } from "@proxy-wasm-kit/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import matchSchema from "../rules.schema.json" with { type: "json" };
import { compileBytes } from "./compile.ts";
import { type MatchBlock, type RuleRequest, RulesModule } from "./rules-module.ts";

let module: RulesModule;

beforeAll(async () => {
  module = await RulesModule.compile();
});

const isMatch = new Ajv2020({ strict: true }).compile(matchSchema);

/** What a rule that matches adds to its name; null when it does not match. */
function matched(match: MatchBlock, request: RuleRequest): string | null {
  expect(module.configure({ rules: [{ match, name: "rule" }] })).toEqual([]);
  const answer = module.match(request);
  return answer.startsWith("rule 7 ") ? answer.slice("rule 7 ".length).trimStart() : null;
}

describe("hosts", () => {
  test.each<[pattern: string, host: string, matches: boolean]>([
    ["a.com", "a.com", true],
    ["a.com", "A.Com", true],
    ["A.com", "a.com", true],
    ["a.com", "a.com:8443", true],
    ["a.com", "a.com.", true],
    ["a.com", "a.com.:443", true],
    ["a.com", "aa.com", false],
    ["a.com", "a.com.evil.org", false],
    ["a.com", "b.a.com", false],
    ["a.com", "", false],
    ["*.a.com", "b.a.com", true],
    ["*.a.com", "c.B.A.com:1", true],
    ["*.a.com", "a.com", false],
    ["*.a.com", ".a.com", false],
    ["*.a.com", "ba.com", false],
    ["*.a.com", "b.a.com.evil.org", false],
    ["10.0.0.1", "10.0.0.1:80", true],
    ["[::1]", "[::1]", true],
    ["[::1]", "[::1]:8080", true],
    ["[2001:DB8::1]", "[2001:db8::1]:80", true],
    ["[::1]", "[::2]:8080", false],
    ["[::1]", "[::1", false],
  ])("%s and %s", (pattern, host, matches) => {
    expect(matched({ hosts: [pattern] }, { host }) !== null).toBe(matches);
  });

  test("one of them is enough, and a request without any matches none", () => {
    expect(matched({ hosts: ["b.com", "*.a.com"] }, { host: "x.a.com" })).toBe("");
    expect(matched({ hosts: ["a.com"] }, {})).toBeNull();
  });
});

describe("paths", () => {
  test.each<[kind: "exact" | "prefix" | "template", pattern: string, path: string, captures: string | null]>([
    ["exact", "/a", "/a", ""],
    ["exact", "/a", "/a?b=/c", ""],
    ["exact", "/a", "/a#b", ""],
    ["exact", "/a", "/a/", null],
    ["exact", "/a", "/A", null],
    ["exact", "/a{b}", "/a{b}", ""],
    ["exact", "/a%2Fb", "/a%2Fb", ""],
    ["exact", "/a/b", "/a%2Fb", null],
    ["exact", "/a", "/%61", null],
    ["prefix", "/a", "/a", ""],
    ["prefix", "/a", "/ab/c?d", ""],
    ["prefix", "/a/", "/a", null],
    ["prefix", "/a/", "/?/a/", null],
    ["prefix", "/", "/", ""],
    ["prefix", "/", "*", null],
    ["template", "/v1/{id}", "/v1/7", "id=7"],
    ["template", "/v1/{id}", "/v1/7?id=8", "id=7"],
    ["template", "/v1/{id}", "/v1/a%2Fb%20c", "id=a%2Fb%20c"],
    ["template", "/v1/{id}", "/v1/", null],
    ["template", "/v1/{id}", "/v1/7/", null],
    ["template", "/v1/{id}", "/v1", null],
    ["template", "/v1/{id}/x", "/v1/7/x", "id=7"],
    ["template", "/v1/{id}/x", "/v1//x", null],
    ["template", "/{a}/{id}/{b_2}", "/1/2/3", "id=2"],
    ["template", "/{id}/{rest...}", "/1/2/3", "id=1 rest=2/3"],
    ["template", "/v1/{rest...}", "/v1/", "rest="],
    ["template", "/v1/{rest...}", "/v1", null],
    ["template", "/v1/{rest...}", "/v1//", "rest=/"],
    ["template", "/{rest...}", "/", "rest="],
    ["template", "/v1", "/v1", ""],
  ])("%s %s and %s", (kind, pattern, path, captures) => {
    expect(matched({ paths: [{ [kind]: pattern }] }, { path })).toBe(captures);
  });

  test("the first one that matches gives the captures", () => {
    const paths = [{ exact: "/1/2" }, { template: "/{rest...}" }, { template: "/{id}" }];
    expect(matched({ paths }, { path: "/1/2" })).toBe("");
    expect(matched({ paths }, { path: "/1" })).toBe("rest=1");
    expect(matched({ paths }, {})).toBeNull();
  });

  test("captures are those of the last request only", () => {
    module.configure({ rules: [{ match: { paths: [{ template: "/v1/{id}" }] } }] });
    expect(module.match({ path: "/v1/7" })).toBe("default 7  id=7");
    expect(module.match({ path: "/v2/7" })).toBe("default 7 ");
  });
});

describe("headers", () => {
  const lines: RuleRequest["headers"] = [
    ["x-a", "1"],
    ["x-b", ""],
    ["x-a", "two"],
  ];

  test.each<[MatchBlock["headers"], boolean]>([
    [[{ name: "x-a", exact: "1" }], true],
    [[{ name: "X-A", exact: "two" }], true],
    [[{ name: "x-a", exact: "t" }], false],
    [[{ name: "x-a", exact: "1,two" }], false],
    [[{ name: "x-a", prefix: "tw" }], true],
    [[{ name: "x-a", prefix: "wo" }], false],
    [[{ name: "x-a", present: true }], true],
    [[{ name: "x-a", present: false }], false],
    [[{ name: "x-b", exact: "" }], true],
    [[{ name: "x-b", present: true }], true],
    [[{ name: "x-c", exact: "" }], false],
    [[{ name: "x-c", present: false }], true],
    [[{ name: "x-c", present: true }], false],
    [
      [
        { name: "x-a", exact: "1" },
        { name: "x-a", exact: "two" },
      ],
      true,
    ],
    [
      [
        { name: "x-a", exact: "1" },
        { name: "x-c", present: true },
      ],
      false,
    ],
  ])("%j", (headers = [], matches) => {
    expect(matched({ headers }, { path: "/", headers: lines }) !== null).toBe(matches);
  });

  test("are those of each request, not of the one before", () => {
    const headers = [{ name: "x-a", present: true }];
    expect(matched({ headers }, { headers: lines })).toBe("");
    expect(module.match({})).toBe("default 7 ");
  });
});

test("methods are compared with regard to case", () => {
  expect(matched({ methods: ["GET", "POST"] }, { method: "POST" })).toBe("");
  expect(matched({ methods: ["GET"] }, { method: "get" })).toBeNull();
  expect(matched({ methods: ["GET"] }, { method: "GETS" })).toBeNull();
});

describe("routes and virtual hosts", () => {
  const long = "r".repeat(1000);

  test("are compared by name", () => {
    expect(matched({ routes: ["a", "b"] }, { route: "b" })).toBe("");
    expect(matched({ routes: [long] }, { route: long })).toBe("");
    expect(matched({ routes: ["a"] }, { route: "ab" })).toBeNull();
    expect(matched({ routes: ["a"] }, { virtualHost: "a" })).toBeNull();
    expect(matched({ virtual_hosts: ["a"] }, { virtualHost: "a" })).toBe("");
  });

  test("are asked for only when a rule needs them, and once", () => {
    const rules = [
      { match: { methods: ["GET"], routes: ["a"] } },
      { match: { methods: ["GET"], routes: ["b"], virtual_hosts: ["v"] } },
      { match: { routes: ["c"] } },
    ];
    module.configure({ rules });
    module.match({ method: "GET", route: "x" });
    expect(module.asked).toEqual(["xds.route_name"]);
    module.match({ method: "GET", route: "b" });
    expect(module.asked).toEqual(["xds.route_name", "xds.virtual_host_name"]);
    module.configure({ rules: [{ match: { methods: ["GET"] } }] });
    module.match({ method: "GET", route: "x" });
    expect(module.asked).toEqual([]);
  });
});

describe("the settings of a rule", () => {
  test("are its own, then those at the top, then the filter's", () => {
    const errors = module.configure({
      limit: 1,
      targets: ["top"],
      rules: [
        { match: { methods: ["A"] }, name: "first", targets: [] },
        { match: { methods: ["A", "B"] }, limit: 2 },
        { match: {}, name: "last", limit: 3, targets: ["x", "y"] },
      ],
    });
    expect(errors).toEqual([]);
    expect(module.match({ method: "A" })).toBe("first 1 ");
    expect(module.match({ method: "B" })).toBe("default 2 top");
    expect(module.match({ method: "C" })).toBe("last 3 x,y");
  });

  test("are those at the top when none matches, and when there are no rules", () => {
    module.configure({ name: "top", rules: [{ match: { methods: ["A"] }, name: "rule" }] });
    expect(module.match({ method: "B" })).toBe("top 7 ");
    module.configure({ name: "top" });
    expect(module.match({ method: "B" })).toBe("top 7 ");
    module.configure({ name: "top", rules: [] });
    expect(module.match({ method: "B" })).toBe("top 7 ");
  });
});

describe("a match block is refused by reader and schema", () => {
  const host = 'expected a host such as "a.com" or "*.a.com"';
  const path = 'expected a path such as "/v1/" without query';
  const template = 'expected a template such as "/v1/{id}/{rest...}"';

  test.each<[match: unknown, error: string]>([
    [{ host: ["a.com"] }, "/host: unknown key; known are hosts methods routes virtual_hosts paths headers"],
    [{ hosts: "a.com" }, "/hosts: expected an array, found a string"],
    [{ hosts: [] }, "/hosts: expected at least one, found none"],
    ...[
      "",
      "*",
      "*.",
      "a.com:80",
      "*a.com",
      "a.*.com",
      ".a.com",
      "a.com.",
      "*.*.com",
      "a b",
      "é.com",
      "::1",
      "[::1",
      "[]",
    ].map((text): [unknown, string] => [{ hosts: [text] }, `/hosts/0: ${host}`]),
    [{ hosts: ["a.com", 1] }, `/hosts/1: ${host}`],
    [{ methods: ["get"] }, "/methods/0: expected a method in capital letters"],
    [{ methods: [""] }, "/methods/0: expected a method in capital letters"],
    [{ routes: [""] }, "/routes/0: expected a name"],
    [{ virtual_hosts: [] }, "/virtual_hosts: expected at least one, found none"],
    [{ paths: [] }, "/paths: expected at least one path, found none"],
    [{ paths: [{}] }, '/paths/0: expected one of "exact" "prefix" "template", found none'],
    [{ paths: [{ exact: "/", prefix: "/" }] }, '/paths/0: expected one of "exact" "prefix" "template", found several'],
    [{ paths: [{ exact: 1 }] }, "/paths/0/exact: expected a string, found a number"],
    ...["", "a", "*", "/a?b", "/a#b", "/a b", "/é"].flatMap((text): [unknown, string][] => [
      [{ paths: [{ exact: text }] }, `/paths/0/exact: ${path}`],
      [{ paths: [{ prefix: text }] }, `/paths/0/prefix: ${path}`],
      [{ paths: [{ template: text }] }, `/paths/0/template: ${template}`],
    ]),
    ...[
      ..."/{ /} /{} /{...} /{a /a} /{a}b /b{a} /{a}{b} /{a..} /{a...}/ /{a...}/b /{a....} /{a-b} /{{a}} /{a".split(" "),
    ].map((text): [unknown, string] => [{ paths: [{ template: text }] }, `/paths/0/template: ${template}`]),
    [{ headers: [] }, "/headers: expected at least one condition, found none"],
    [{ headers: [{ name: "x-a" }] }, '/headers/0: expected one of "exact" "prefix" "present", found none'],
    [{ headers: [{ exact: "1" }] }, "/headers/0/name: expected a string, found nothing"],
    [
      { headers: [{ name: ":path", exact: "1" }] },
      "/headers/0/name: expected the name of a header, found something else",
    ],
    [{ headers: [{ name: "Host", exact: "1" }] }, '/headers/0/name: expected "hosts" in the place of this header'],
    [{ headers: [{ name: "x-a", present: "no" }] }, "/headers/0/present: expected a boolean, found a string"],
    [{ headers: [{ name: "x-a", regex: ".", exact: "1" }] }, "/headers/0/regex: unknown key; known are name exact"],
  ])("%j", (match, error) => {
    const errors = module.configure({ rules: [{ match }] });
    expect(errors).toContain(`rules: /rules/0/match${error}`);
    expect(isMatch(match)).toBe(false);
  });

  test("and so are two parts of a template with one name, which no schema can see", () => {
    for (const template of ["/{a}/{a}", "/{ab}/{a}/{a...}"]) {
      expect(module.configure({ rules: [{ match: { paths: [{ template }] } }] })).toHaveLength(1);
    }
    expect(module.configure({ rules: [{ match: { paths: [{ template: "/{ab}/{a}/{abc...}" }] } }] })).toEqual([]);
  });
});

test("errors of all rules are gathered, each with its place", () => {
  const rules = [{ name: 1 }, { match: { methods: ["get"] }, limit: 0, other: 1 }, 2];
  expect(module.configure({ limit: "x", rules })).toEqual([
    "rules: /limit: expected a number, found a string",
    "rules: /rules/2: expected an object, found a number",
    "rules: /rules/0/match: expected an object, found nothing",
    "rules: /rules/0/name: expected a string, found a number",
    "rules: /rules/1/match/methods/0: expected a method in capital letters",
    "rules: /rules/1/limit: expected a whole number from 1 to 1000",
    "rules: /rules/1/other: unknown key; known are match name limit targets",
  ]);
});

describe("a filter with rules", () => {
  let folder: string;
  let proxy: RunningProxy;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sdk-"));
    const wasm = join(folder, "rules.wasm");
    await writeFile(wasm, await compileBytes("sdk/test/assembly/rules.ts"));
    const configuration = {
      name: "top",
      rules: [
        { match: { hosts: ["*.shop.example"], paths: [{ template: "/orders/{id}/{rest...}" }] }, name: "orders" },
        { match: { methods: ["POST"], headers: [{ name: "x-beta", exact: "1" }] }, name: "beta", limit: 2 },
      ],
    };
    proxy = await hostEngine.start({ filters: [{ name: "rules", wasm, configuration }] });
  });

  afterAll(async () => {
    await proxy.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    [{ authority: "eu.shop.example:8080", path: "/orders/17/items/3?x=1" }, "orders 7  id=17 rest=items/3"],
    [{ authority: "shop.example", path: "/orders/17/items/3" }, "top 7 "],
    [{ method: "POST", path: "/", headers: [["x-beta", "0"] as const, ["x-beta", "1"] as const] }, "beta 2 "],
    [{ path: "/" }, "top 7 "],
  ])("answers %j by the first rule that matches", async (request, expected) => {
    const { body } = await proxy.send(request);
    expect(Buffer.from(body).toString()).toBe(expected);
  });
});
