/** Rules and many requests: an independent reading of them agrees, and what each costs. */
import { Ajv2020 } from "ajv/dist/2020.js";
import { beforeAll, describe, expect, test } from "vitest";
import matchSchema from "../rules.schema.json" with { type: "json" };
import { randomBelow } from "./random.ts";
import { type MatchBlock, type PathPattern, type RuleRequest, RulesModule } from "./rules-module.ts";

let module: RulesModule;

beforeAll(async () => {
  module = await RulesModule.compile();
});

const isMatch = new Ajv2020({ strict: true }).compile(matchSchema);

describe("of many requests", () => {
  test("each gets what a plain reading of the rules gives it", () => {
    const random = randomBelow(5);
    const pick = <T>(items: readonly T[]): T => items[random(items.length)] as T;
    const some = <T>(make: () => T): T[] => Array.from({ length: 1 + random(2) }, make);
    const maybe = <T>(name: string, make: () => T) => (random(3) === 0 ? { [name]: make() } : {});
    const segment = () => pick(["a", "b", "ab", "%2F", "."]);
    const segments = (make: () => string) => `/${Array.from({ length: random(4) }, make).join("/")}`;
    const template = () => {
      const wild = Array.from({ length: random(4) }, (_, i) => pick([segment(), `{x${i}}`, "{id}"]));
      const unique = wild.filter((part, i) => part !== "{id}" || wild.indexOf(part) === i);
      return `/${[...unique, ...pick([[], ["{rest...}"], [""]])].join("/")}`;
    };
    const path = () => pick([{ exact: segments(segment) }, { prefix: segments(segment) }, { template: template() }]);
    const header = () => ({
      name: pick(["x-a", "x-b"]),
      ...pick([{ exact: pick(["1", "12", ""]) }, { prefix: pick(["1", "2"]) }, { present: random(2) === 0 }]),
    });
    const block = (): MatchBlock => ({
      ...maybe("hosts", () => some(() => pick(["a.com", "*.a.com", "b.a.com", "[::1]"]))),
      ...maybe("paths", () => some(path)),
      ...maybe("methods", () => some(() => pick(["GET", "POST"]))),
      ...maybe("headers", () => some(header)),
      ...maybe("routes", () => some(() => pick(["r", "s"]))),
    });
    for (let round = 0; round < 250; ++round) {
      const blocks = Array.from({ length: 1 + random(5) }, block);
      expect(module.configure({ rules: blocks.map((match, i) => ({ match, name: `${i}` })) })).toEqual([]);
      for (const match of blocks) expect(isMatch(match), JSON.stringify(match)).toBe(true);
      for (let i = 0; i < 40; ++i) {
        const request: RuleRequest = {
          host: pick(["a.com", "A.com:1", "b.a.com", "c.b.A.com.", "[::1]:80", "x.org"]),
          path: segments(() => pick([segment(), ""])) + pick(["", "?a", "#/b", "/"]),
          method: pick(["GET", "POST", "PUT"]),
          headers: Array.from({ length: random(3) }, () => [pick(["x-a", "x-b"]), pick(["1", "12", "2", ""])] as const),
          ...pick([{}, { route: "r" }, { route: "s" }]),
        };
        const wanted = reference(blocks, request);
        expect(module.match(request), JSON.stringify([blocks, request])).toBe(wanted);
      }
    }
  });

  test("each is matched without an allocation", () => {
    const match = {
      hosts: ["*.a.com"],
      paths: [{ template: "/v1/{id}/{rest...}" }],
      headers: [{ name: "x-a", present: true }],
      routes: ["r"],
    };
    module.configure({ rules: [{ match: { ...match, methods: ["POST"] } }, { match }] });
    const request = { host: "x.a.com", path: "/v1/1/2/3", method: "GET", headers: [["x-a", "1"]], route: "r" } as const;
    expect(module.match(request)).toBe("default 7  id=1 rest=2/3");
    const before = module.memoryBytes;
    // Nothing is collected meanwhile: 16 bytes each would be 4 MiB.
    module.matchOften(300_000);
    expect(module.memoryBytes).toBe(before);
  });

  test("each takes a time in proportion to the length of its path", () => {
    // Every template walks to the end of the path, and fails there.
    const rules = Array.from({ length: 50 }, (_, i) => ({ match: { paths: [{ template: `/a/{b}/${i}` }] } }));
    module.configure({ rules });
    const time = (length: number): number => {
      module.set({ path: `/a/${"b".repeat(length)}` });
      const start = performance.now();
      module.matchOften(10);
      return performance.now() - start;
    };
    const ratios = Array.from({ length: 21 }, () => time(60_000) / time(6_000)).sort((one, other) => one - other);
    expect(ratios[10]).toBeGreaterThan(3);
    expect(ratios[10]).toBeLessThan(15);
  });
});

/** The rules as their documentation says, in regular expressions. */
function reference(blocks: readonly MatchBlock[], request: RuleRequest): string {
  const { method = "", route = "", headers = [] } = request;
  const host = (request.host ?? "")
    .toLowerCase()
    .replace(/(:\d+)?$/, "")
    .replace(/\.$/, "");
  const path = (request.path ?? "").replace(/[?#].*$/, "");
  for (const [i, block] of blocks.entries()) {
    const hosts = (block.hosts ?? [host]).some((pattern) =>
      pattern.startsWith("*.") ? host.endsWith(pattern.slice(1)) && host.length >= pattern.length : host === pattern,
    );
    const conditions = (block.headers ?? []).every(({ name, exact, prefix, present }) => {
      const values = headers.filter(([other]) => other === name).map(([, value]) => value);
      if (present !== undefined) return present === values.length > 0;
      return values.some((value) => (exact === undefined ? value.startsWith(prefix ?? "") : value === exact));
    });
    const names = (block.methods ?? [method]).includes(method) && (block.routes ?? [route]).includes(route);
    const found = (block.paths ?? [{ prefix: "" }]).map((pattern) => toRegExp(pattern).exec(path)).find(Boolean);
    if (!hosts || !conditions || !names || !found) continue;
    const { id, rest } = { id: undefined, rest: undefined, ...found.groups };
    return `${i} 7 ${id === undefined ? "" : ` id=${id}`}${rest === undefined ? "" : ` rest=${rest}`}`;
  }
  return "default 7 ";
}

function toRegExp({ exact, prefix, template = "" }: PathPattern): RegExp {
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (exact !== undefined) return new RegExp(`^${literal(exact)}$`);
  if (prefix !== undefined) return new RegExp(`^${literal(prefix)}`);
  const parts = template.split("/").map((part) => {
    const [, name, isRest] = /^\{(\w+)(\.\.\.)?\}$/.exec(part) ?? [];
    if (name === undefined) return literal(part);
    return isRest === undefined ? `(?<${name}>[^/]+)` : `(?<${name}>.*)`;
  });
  return new RegExp(`^${parts.join("/")}$`);
}
