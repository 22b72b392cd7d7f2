/** config.schema.json says of the full form what the filter itself says of it when it is loaded. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { Scenario } from "../scenario.ts";
import { hmacAuthPresets } from "./hmac-auth-presets.ts";
import { knownToTheSchema } from "./hmac-auth-refused-rules.ts";
import { hmacAuthRules } from "./hmac-auth-rules.ts";
import { hmacAuthSigning } from "./hmac-auth-signing.ts";

const schema = JSON.parse(await readFile("filters/hmac-auth/config.schema.json", "utf8"));
const accepts = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

const configurationsOf = ({ setUp }: Scenario) => setUp.filters.map(({ configuration }) => configuration);

describe("accepts what the filter accepts", () => {
  const scenarios = [...hmacAuthPresets, ...hmacAuthRules, ...hmacAuthSigning];
  const texts = new Set(scenarios.flatMap(configurationsOf).map((configuration) => JSON.stringify(configuration)));
  test.each([...texts])("%s", (text) => {
    expect(accepts(JSON.parse(text)), JSON.stringify(accepts.errors)).toBe(true);
  });
});

describe("refuses what the filter refuses", () => {
  test.each(knownToTheSchema.map((scenario) => [scenario.name, ...configurationsOf(scenario)]))(
    "%s",
    (_, configuration) => {
      expect(accepts(configuration)).toBe(false);
    },
  );
});
