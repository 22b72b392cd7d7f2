/** What shadow-host says of configurations when it is loaded, and config.schema.json of the same. The module must have been built. */
import { readFile } from "node:fs/promises";
import { ConfigurationRefused, hostEngine } from "@proxy-wasm-kit/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { shadowHost } from "./shadow-host.ts";
import { knownToTheFilter, mistakes } from "./shadow-host-configuration.ts";
import { shadowHostMarker } from "./shadow-host-marker.ts";
import { withConfiguration } from "./shadow-host-set-up.ts";

const schema = JSON.parse(await readFile("filters/shadow-host/config.schema.json", "utf8"));
const rulesSchema = JSON.parse(await readFile("sdk/rules.schema.json", "utf8"));
const accepts = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

/** What the filter logs when it refuses a configuration; null when it takes it. */
async function refusal(configuration: unknown): Promise<string | null> {
  try {
    await (await hostEngine.start(withConfiguration(configuration))).close();
    return null;
  } catch (error) {
    if (!(error instanceof ConfigurationRefused)) throw error;
    return error.logs.map(({ message }) => message).join("\n");
  }
}

const told = ([configuration, said]: readonly [unknown, string]) =>
  [JSON.stringify(configuration), configuration, said] as const;

test.each(mistakes.map(told))("%s is refused by the filter and by its schema", async (_text, configuration, said) => {
  expect(await refusal(configuration)).toContain(`shadow-host: ${said}`);
  expect(accepts(configuration)).toBe(false);
});

test.each(knownToTheFilter.map(told))("%s is refused by the filter", async (_text, configuration, said) => {
  expect(await refusal(configuration)).toContain(`shadow-host: ${said}`);
});

test("the schema takes what the scenarios have", () => {
  const taken = [...shadowHost, ...shadowHostMarker].map(({ setUp }) => setUp.filters[0]?.configuration ?? {});
  for (const configuration of new Set(taken)) expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
});

test.each([{}, { map: [] }, { rules: [] }, { map: [{ from: "*.a", to: "*:080" }] }, { shadow_header: { value: "" } }])(
  "%j is taken by both",
  async (configuration) => {
    expect(await refusal(configuration)).toBeNull();
    expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
  },
);

test("its match is the SDK's", () => {
  const { $schema: _, title: __, ...match } = rulesSchema;
  expect(schema.$defs.match).toEqual(match);
});

test.each(["filters/shadow-host/README.md", "docs/mirroring.md"])("both take what %s shows", async (page) => {
  const blocks = [...(await readFile(page, "utf8")).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) =>
    parse(text),
  );
  // Those of Envoy are tried in the acceptance tests.
  const configurations = blocks.filter((block) => !("route" in block));
  expect(configurations).not.toEqual([]);
  for (const configuration of configurations) {
    expect(await refusal(configuration)).toBeNull();
    expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
  }
});
