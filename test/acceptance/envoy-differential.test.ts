/** Scenarios in which our host once differed from Envoy: it must not again. `npm run differential` finds new ones. */
import { readFileSync } from "node:fs";
import { envoyEngine, hostEngine } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../compile.ts";
import { Comparison } from "../differential/comparison.ts";
import type { Scenario } from "../differential/scenario.ts";

const cases = readFileSync(new URL("../differential/cases.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Scenario);
const probe = "dist/differential/probe.wasm";
const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("envoy");
const envoy = await envoyEngine().catch((error: Error) => {
  if (isRequired) throw error;
  return null;
});

let comparison: Comparison;
beforeAll(async () => {
  if (envoy === null) return;
  await compile("test/differential/assembly/probe.ts", probe, ["--use", "abort="]);
  comparison = new Comparison({ host: hostEngine, envoy }, probe);
});
afterAll(() => comparison?.close());

const told = ({ setUp, steps }: Scenario): string =>
  [setUp.protocol, ...steps.map(({ filter, at, do: command }) => `${filter} ${at} ${command.join(" ")}`)].join(", ");

test.skipIf(envoy === null).each(cases.map((scenario) => [told(scenario), scenario] as const))(
  "%s",
  async (_, scenario) => {
    const { host, envoy: real, differs } = await comparison.compare(scenario);
    expect(Object.fromEntries(differs.map((part) => [part, host[part]]))).toEqual(
      Object.fromEntries(differs.map((part) => [part, real[part]])),
    );
  },
);
