/**
 * What `npm run abi` prints: every function of the ABI, its name in the SDK, and the first scenario that ran it on our own
 * host and on the real Envoy. A function that no scenario has run fails the run, unless nothing could run it.
 */
import Table from "cli-table3";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { type AbiFunction, callbacks, imports } from "./functions.ts";

const engines = ["host", "envoy"] as const;
type EngineName = (typeof engines)[number];

/** The first scenario by function. */
type RunBy = Record<EngineName, Map<string, string>>;

export default class AbiReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = (engine: EngineName) =>
      modules.filter(({ project }) => project.name === engine).flatMap((module) => [...module.children.allTests()]);
    const runBy = { host: firstRuns(tests("host")), envoy: firstRuns(tests("envoy")) };
    const failed = engines.flatMap(tests).filter((test) => test.result().state === "failed");
    const rows = [...imports, ...callbacks].map((each) => row(each, runBy));
    if (process.argv.includes("--json") || process.env.PWK_OUTPUT === "json") {
      process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    } else {
      process.stdout.write(`${tableOf(rows)}\n`);
    }
    const empty = rows.filter(({ host, envoy }) => host === "" || envoy === "").map(({ name }) => name);
    const closing = [`${rows.length} functions, ${empty.length} without a scenario`];
    if (empty.length > 0) closing.push(`no scenario runs: ${empty.join(", ")}`);
    for (const test of failed) closing.push(`failed on ${test.project.name}: ${test.name}`);
    process.stderr.write(`${closing.join("\n")}\n`);
    if (empty.length > 0 || failed.length > 0) process.exitCode = 1;
  }
}

interface Row {
  readonly name: string;
  readonly sdk: string;
  readonly envoyBehaviour: string;
  /** The scenario, or why there is none; "" when one is missing. */
  readonly host: string;
  readonly envoy: string;
}

function row({ name, sdk, envoy, never }: AbiFunction, runBy: RunBy): Row {
  const cell = (engine: EngineName) => runBy[engine].get(name) ?? (never?.[engine] ? `(${never[engine]})` : "");
  return { name, sdk, envoyBehaviour: envoy, host: cell("host"), envoy: cell("envoy") };
}

function firstRuns(tests: readonly TestCase[]): Map<string, string> {
  const first = new Map<string, string>();
  for (const test of tests) {
    for (const name of test.meta().abiCalls ?? []) if (!first.has(name)) first.set(name, test.name);
  }
  return first;
}

function tableOf(rows: readonly Row[]): string {
  const table = new Table({
    head: ["function", "SDK", "scenario on host", "scenario on envoy"],
    colWidths: [44, 34, 44, 44],
    wordWrap: true,
    style: { head: [], border: [], compact: false },
  });
  for (const { name, sdk, host, envoy } of rows)
    table.push([name, sdk, host, envoy === host && host !== "" ? "the same" : envoy]);
  return table.toString();
}
