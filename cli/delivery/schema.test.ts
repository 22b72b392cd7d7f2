/** The schema of pwk.yaml knows what `deliver` knows, and no more. */
import { deliveryModes, istioMetrics, phases, pullPolicies, workloadModes } from "@proxy-wasm-kit/deliver";
import { expect, test } from "vitest";
import schema from "../pwk.schema.json" with { type: "json" };

const { $defs: definitions } = schema;
const choices = ({ enum: all }: { readonly enum: readonly unknown[] }) => all.filter((each) => each !== null);

test("its choices are those of deliver", () => {
  expect(choices(definitions.target)).toEqual([...deliveryModes.map(({ name }) => name), "envoy"]);
  expect(choices(definitions.phase)).toEqual([...phases]);
  expect(choices(definitions.module.properties.pullPolicy)).toEqual([...pullPolicies]);
  const { metrics, mode } = definitions.telemetry.properties;
  expect(choices(metrics.items)).toEqual([...istioMetrics]);
  expect(choices(mode)).toEqual([...workloadModes]);
});

test.each([
  ["mirrorOverrides", "mirror"],
  ["telemetryOverrides", "telemetry"],
  ["statsLoggerOverrides", "statsLogger"],
] as const)("%s are %s without its name", (overrides, entry) => {
  const { name, ...shared } = definitions[entry].properties;
  expect(name).toEqual({ $ref: "#/$defs/name" });
  expect(definitions[overrides].properties).toEqual(shared);
});

test("an environment may say of a filter what the filter itself may", () => {
  const { filter, name, ...shared } = definitions.filter.properties;
  expect([filter.type, name.type]).toEqual(["string", "string"]);
  expect(definitions.filterOverrides.properties).toEqual(shared);
  const { configuration, configurationFile, ...settings } = shared;
  expect([configuration, configurationFile]).toHaveLength(2);
  expect(definitions.filterSettings.properties).toEqual(settings);
});
