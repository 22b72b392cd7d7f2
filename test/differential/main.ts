/** `npm run differential`: random scenarios on our host and on Envoy, and the smallest scenario of each difference. */
import { parseArgs } from "node:util";
import { envoyEngine, hostEngine } from "@proxy-wasm-kit/testing";
import { compile } from "../compile.ts";
import { Comparison } from "./comparison.ts";
import { generate } from "./generate.ts";
import { type Difference, describe, jsonReport, Progress, summary } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { shrink } from "./shrink.ts";

const usage = `npm run differential -- [options]
  --runs <n>     how many scenarios (default 1000)
  --seed <n>     what they are made from (default 1); the same seed makes the same scenarios
  --run <n>      one scenario of the seed alone
  --most <n>     ends after so many differences (default 10)
  -o, --output   text (default) or json`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    run: { type: "string" },
    most: { type: "string", default: "10" },
    output: { type: "string", short: "o", default: "text" },
    help: { type: "boolean", short: "h", default: false },
  },
});

const probe = "dist/differential/probe.wasm";

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const [seed, runs, most] = [values.seed, values.runs, values.most].map(count) as [number, number, number];
  const chosen = values.run === undefined ? Array.from({ length: runs }, (_, run) => run) : [count(values.run)];
  await compile("test/differential/assembly/probe.ts", probe, ["--use", "abort="]);
  const comparison = new Comparison({ host: hostEngine, envoy: await envoyEngine() }, probe);
  const progress = new Progress(chosen.length);
  const found: Difference[] = [];
  try {
    for (const { run, scenario } of bySetUp(chosen.map((run) => ({ run, scenario: generate(seed, run) })))) {
      if (found.length >= most) break;
      const { differs } = await comparison.compare(scenario);
      if (differs.length > 0) {
        const difference = await explain(comparison, run, scenario);
        if (isNew(found, difference) && values.output !== "json") console.log(`${describe(difference)}\n`);
      }
      progress.ran(found.length);
    }
  } finally {
    progress.end();
    await comparison.close();
  }
  const report = { seed, runs: progress.runs, seconds: progress.seconds, found };
  console.log(values.output === "json" ? jsonReport(report) : summary(report));
  return found.length > 0 ? 1 : 0;
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`not a whole number: ${text}`);
  return number;
}

/** Those of the same set-up in a row, as each set-up needs proxies of its own. */
function bySetUp<T extends { readonly scenario: Scenario }>(list: readonly T[]): T[] {
  const groups = new Map<string, T[]>();
  for (const item of list) {
    const key = JSON.stringify(item.scenario.setUp);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return Array.from(groups.values()).flat();
}

/** Files it; the same smallest scenario is told once. */
function isNew(found: Difference[], difference: Difference): boolean {
  const known = found.find(({ scenario }) => JSON.stringify(scenario) === JSON.stringify(difference.scenario));
  if (known === undefined) found.push(difference);
  else known.runs.push(...difference.runs);
  return known === undefined;
}

async function explain(comparison: Comparison, run: number, scenario: Scenario): Promise<Difference> {
  const smallest = await shrink(scenario, async (candidate) => {
    const { differs, envoy } = await comparison.compare(candidate);
    // What a client cannot send shows nothing.
    return differs.length > 0 && !envoy.result.some((line) => line.startsWith("failed"));
  });
  return { runs: [run], scenario: smallest, outcome: await comparison.compare(smallest) };
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: Error) => {
    console.error(`differential: ${error.message}`);
    process.exitCode = 2;
  },
);
