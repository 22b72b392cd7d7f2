/** attribute-gen's config.schema.json says of a configuration what the filter itself says of it when it is loaded. */
import { readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { Scenario } from "../scenario.ts";
import { attributeGen } from "./attribute-gen.ts";

const schema = JSON.parse(await readFile("filters/attribute-gen/config.schema.json", "utf8"));
const accepts = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false, allowUnionTypes: true }).compile(
  schema,
);
const configurationOf = ({ setUp }: Scenario) => setUp.filters[0]?.configuration;
/** What an expression or a template means is for the filter to say. */
const isAboutText = /expression|template|function|bracket|bad value|no configuration/;

test.each(
  attributeGen
    .filter((each) => !("refused" in each) && typeof configurationOf(each) === "object")
    .map((each) => [each.name, configurationOf(each)]),
)("accepts the configuration of %s", (_, configuration) => {
  expect(accepts(configuration), JSON.stringify(accepts.errors)).toBe(true);
});

test.each(
  attributeGen
    .filter((each) => "refused" in each && !isAboutText.test(each.name))
    .map((each) => [each.name, configurationOf(each)]),
)("refuses the configuration of %s", (_, configuration) => {
  expect(accepts(configuration)).toBe(false);
});
