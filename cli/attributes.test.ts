/** `pwk attributes from-openapi` as a user meets it: files, options and exit codes. What it makes: openapi/attribute.test.ts. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { pwk, run } from "./test/pwk.ts";

const small = 'openapi: "3.0.3"\npaths:\n  /items/{id}:\n    get: &get { operationId: getItem }\n';
const command = ["attributes", "from-openapi"] as const;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-openapi-"));
});
afterAll(() => rm(folder, { recursive: true }));

test("prints the configuration of attribute-gen", async () => {
  const { code, stdout } = await run([...command, "-", "--default", "other"], { input: small });
  expect(code).toBe(0);
  expect(stdout).toBe(`attributes:
- output_attribute: istio_operationId
  phase: ON_REQUEST
  match:
  - path:
      template: "/items/{id}"
    methods:
    - GET
    value: getItem
  default: other
`);
});

test("has options for the name, the phase and the path in front; prints JSON; writes files", async () => {
  const options = ["--attribute", "operation", "--phase", "AFTER_RESPONSE", "--base-path", "/v1/", "--base-path", "/"];
  const out = join(folder, "out.json");
  expect((await run([...command, "-", ...options, "-o", "json", "--out", out], { input: small })).code).toBe(0);
  expect(JSON.parse(await readFile(out, "utf8"))).toEqual({
    attributes: [
      {
        output_attribute: "operation",
        phase: "AFTER_RESPONSE",
        match: ["/v1/items/{id}", "/items/{id}"].map((template) => ({
          ...{ path: { template }, methods: ["GET"], value: "getItem" },
        })),
      },
    ],
  });
});

test("is a configuration that pwk manifest takes", async () => {
  const { stdout } = await run([...command, "-"], { input: small });
  const target = ["--namespace", "prod", "--selector", "*", "--before", "istio.stats"];
  const { stdout: yaml } = await run(["manifest", "envoyfilter", "attribute-gen", ...target, "--config", "-"], {
    input: stdout,
  });
  const [patch] = parse(yaml).spec.configPatches;
  expect(patch.match.listener.filterChain.filter.subFilter.name).toBe("istio.stats");
  expect(JSON.parse(patch.patch.value.typed_config.config.configuration.value)).toEqual(parse(stdout));
});

test("follows YAML's merge keys", async () => {
  const merged = `${small}  /more:\n    <<: { get: { operationId: getMore } }\n`;
  expect((await run([...command, "-"], { input: merged })).stdout).toContain("value: getMore");
});

test.each([
  [["no.yaml"], 1, /^pwk: openapi: no\.yaml cannot be read/],
  [["README.md"], 1, /^pwk: README\.md(, line \d+, column \d+)?: expected/],
  [["-", "--base-path", "v1"], 2, /expected a path such as "\/v1"/],
  [["-", "--attribute", "a b"], 2, /expected a name in ASCII/],
  [["-", "--phase", "ON_RESPONSE"], 2, /Allowed choices are ON_REQUEST, AFTER_RESPONSE/],
  [[], 2, /missing required argument/],
])("%j fails with %i and says why", async (args, code, message) => {
  const outcome = await pwk(...command, ...args);
  expect(outcome.stderr).toMatch(message);
  expect([outcome.code, outcome.stdout]).toEqual([code, ""]);
});

test("tells the file and the place of a mistake", async () => {
  const file = join(folder, "api.yaml");
  await writeFile(file, `${small}  /other:\n    get: *get\n`);
  const { code, stderr } = await pwk(...command, file);
  expect([code, stderr]).toEqual([
    1,
    `pwk: ${file}: /paths/~1other/get: expected an operationId of its own, found "getItem", which /paths/~1items~1{id}/get has too; rename one of them\n`,
  ]);
});

test("a file that would grow without end is refused", async () => {
  const lines = Array.from(
    { length: 9 },
    (_, at) => `x${at + 1}: &x${at + 1} [${Array(9).fill(`*x${at}`).join(", ")}]`,
  );
  const { code, stderr } = await run([...command, "-"], { input: `x0: &x0 [a]\n${lines.join("\n")}\n` });
  expect([code, stderr]).toEqual([1, expect.stringMatching(/^pwk: standard input: expected YAML or JSON, found/)]);
});
