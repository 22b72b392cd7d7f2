/** config.schema.json says of a configuration what the filter itself says of it when it is loaded. */
import { readFile } from "node:fs/promises";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, test } from "vitest";
import type { SetUp } from "./scenario.ts";
import { hmacAuth } from "./scenarios/hmac-auth.ts";
import { hmacAuthConfiguration } from "./scenarios/hmac-auth-configuration.ts";

const schema = JSON.parse(await readFile("filters/hmac-auth/config.schema.json", "utf8"));
const accepts = new Ajv2020({ strict: true, strictRequired: false }).compile(schema);

describe("accepts what the filter accepts", () => {
  const configurations = new Map(
    hmacAuth.map(({ name, setUp }) => [JSON.stringify(filterOf(setUp).configuration), name]),
  );
  test.each([...configurations])("%s", (configuration) => {
    expect(accepts(JSON.parse(configuration)), JSON.stringify(accepts.errors)).toBe(true);
  });
});

describe("refuses what the filter refuses", () => {
  // What is in the proxy's environment, and a text that is no JSON, no schema can know.
  const knowable = hmacAuthConfiguration
    .map(({ name, setUp }) => ({ name, filter: filterOf(setUp) }))
    .filter(
      ({ filter: { configuration, environment } }) =>
        typeof configuration === "object" && (!environment || "signing_key" in (configuration ?? {})),
    );
  test.each(knowable.map(({ name, filter }) => [name, filter.configuration]))("%s", (_name, configuration) => {
    expect(accepts(configuration)).toBe(false);
  });
});

function filterOf({ filters }: SetUp): FilterSpec {
  const filter = filters.find(({ name }) => name === "hmac-auth");
  if (filter === undefined) throw new Error("no hmac-auth among the filters");
  return filter;
}
