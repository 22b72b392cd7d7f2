/** `npm run differential`: random scenarios on our host and on Envoy, and the smallest scenario of each difference. */
import { readFileSync } from "node:fs";
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
  --scenario <f> one scenario out of a file, as JSON
  --most <n>     ends after so many differences (default 10)
  -o, --output   text (default) or json`;

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    run: { type: "string" },
    scenario: { type: "string" },
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
  const chosen =
    values.run === undefined && values.scenario === undefined
      ? Array.from({ length: runs }, (_, run) => run)
      : [count(values.run ?? "0")];
  await compile("test/differential/assembly/probe.ts", probe, ["--use", "abort="]);
  const engines = { host: hostEngine, envoy: await envoyEngine() };
  const progress = new Progress(chosen.length);
  const found: Difference[] = [];
  const comparison = new Comparison(engines, probe);
  try {
    const given =
      values.scenario === undefined ? null : (JSON.parse(readFileSync(values.scenario, "utf8")) as Scenario);
    const runsBySetUp = bySetUp(chosen.map((run) => ({ run, scenario: given ?? generate(seed, run) })));
    const suspects = await suspicious(runsBySetUp, () => new Comparison(engines, probe), progress);
    // One after the other, as what differs on a busy machine may not differ on a quiet one.
    for (const { run, scenario } of suspects) {
      if (found.length >= most) break;
      const { differs } = await comparison.compare(scenario);
      if (differs.length === 0) continue;
      const difference = await explain(comparison, run, scenario);
      if (difference === null) {
        console.error(`run ${run} differed and then did not, however often it was tried`);
        continue;
      }
      if (isNew(found, difference) && values.output !== "json") console.log(`${describe(difference)}\n`);
    }
  } finally {
    progress.end();
    await comparison.close();
  }
  const report = { seed, runs: progress.runs, seconds: progress.seconds, found };
  console.log(values.output === "json" ? jsonReport(report) : summary(report));
  return found.length > 0 ? 1 : 0;
}

interface Run {
  readonly run: number;
  readonly scenario: Scenario;
}

/** Runs wait most of the time, so that several pairs of proxies share a processor. */
const lanes = 8;

/** Runs that differ when each is tried once, many at a time. */
async function suspicious(
  groups: readonly (readonly Run[])[],
  newComparison: () => Comparison,
  progress: Progress,
): Promise<Run[]> {
  const waiting = [...groups];
  const suspects: Run[] = [];
  const work = async () => {
    const comparison = newComparison();
    try {
      for (let group = waiting.shift(); group !== undefined; group = waiting.shift()) {
        for (const one of group) {
          if ((await comparison.compare(one.scenario, 1)).differs.length > 0) suspects.push(one);
          progress.ran(suspects.length);
        }
      }
    } finally {
      await comparison.close();
    }
  };
  await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, work));
  return suspects.sort((a, b) => a.run - b.run);
}

function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`not a whole number: ${text}`);
  return number;
}

/** Runs of one set-up to a group, as each set-up needs proxies of its own; groups so small that all lanes have work. */
function bySetUp(runs: readonly Run[]): Run[][] {
  const most = Math.max(20, Math.ceil(runs.length / lanes / 4));
  const groups = new Map<string, Run[]>();
  for (const one of runs) {
    const key = JSON.stringify(one.scenario.setUp);
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return Array.from(groups.values()).flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / most) }, (_, at) => all.slice(at * most, (at + 1) * most)),
  );
}

/** Files it; the same smallest scenario is told once. */
function isNew(found: Difference[], difference: Difference): boolean {
  const known = found.find(({ scenario }) => JSON.stringify(scenario) === JSON.stringify(difference.scenario));
  if (known === undefined) found.push(difference);
  else known.runs.push(...difference.runs);
  return known === undefined;
}

/** Null for what cannot be shown again, such as what a busy machine has done. */
async function explain(comparison: Comparison, run: number, scenario: Scenario): Promise<Difference | null> {
  const smallest = await shrink(scenario, async (candidate) => {
    const { differs, envoy } = await comparison.compare(candidate);
    // What a client cannot send shows nothing.
    return differs.length > 0 && !envoy.result.some((line) => line.startsWith("failed"));
  });
  for (const shown of [smallest, scenario]) {
    const outcome = await comparison.compare(shown);
    if (outcome.differs.length > 0) return { runs: [run], scenario: shown, outcome };
  }
  return null;
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
