/** Prints the ABI with the scenarios that ran it. A function that no scenario has run fails the run, unless none could. */
import { writeFile } from "node:fs/promises";
import type { Reporter, TestCase, TestModule } from "vitest/node";
import { type AbiFunction, callbacks, imports } from "./functions.ts";
import { type Abi, asMarkdown, asText, type Row } from "./print.ts";

export interface AbiReporterOptions {
  readonly output: "text" | "json";
  /** Where the Markdown goes. Default: nowhere. */
  readonly write?: string;
}

const engines = ["host", "envoy"] as const;
type EngineName = (typeof engines)[number];

/** The first scenario by function. */
type RunBy = Record<EngineName, Map<string, string>>;

export default class AbiReporter implements Reporter {
  readonly #options: AbiReporterOptions;

  constructor(options: AbiReporterOptions) {
    this.#options = options;
  }

  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const { output, write } = this.#options;
    const runBy = { host: firstRuns(modules, "host"), envoy: firstRuns(modules, "envoy") };
    const rowsOf = (functions: readonly AbiFunction[]) => functions.map((each) => row(each, runBy));
    const abi: Abi = { imports: rowsOf(imports), callbacks: rowsOf(callbacks) };
    process.stdout.write(`${output === "json" ? JSON.stringify(abi, null, 2) : asText(abi)}\n`);

    const rows = [...abi.imports, ...abi.callbacks];
    const empty = rows.filter(({ host, envoy }) => host === "" || envoy === "").map(({ name }) => name);
    const failures = modules.flatMap(failuresOf);
    const closing = [`${rows.length} functions, ${empty.length} without a scenario`, ...failures];
    if (empty.length > 0) closing.push(`no scenario runs: ${empty.join(", ")}`);
    process.stderr.write(`${closing.join("\n")}\n`);
    if (empty.length > 0 || failures.length > 0) process.exitCode = 1;
    else if (write !== undefined) await writeFile(write, asMarkdown(abi));
  }
}

function row({ name, sdk, envoy, never }: AbiFunction, runBy: RunBy): Row {
  const cell = (engine: EngineName) => runBy[engine].get(name) ?? (never?.[engine] ? `(${never[engine]})` : "");
  return { name, sdk, envoyBehaviour: envoy, host: cell("host"), envoy: cell("envoy") };
}

function firstRuns(modules: readonly TestModule[], engine: EngineName): Map<string, string> {
  const first = new Map<string, string>();
  for (const test of modules.filter(({ project }) => project.name === engine).flatMap(testsOf)) {
    for (const name of test.meta().abiCalls ?? []) if (!first.has(name)) first.set(name, test.name);
  }
  return first;
}

/** A file that could not be loaded is a failure of its own. */
function failuresOf(module: TestModule): string[] {
  const engine = module.project.name;
  return [
    ...module.errors().map(({ message }) => `failed on ${engine}: ${message}`),
    ...testsOf(module)
      .filter((test) => test.result().state === "failed")
      .map(({ name }) => `failed on ${engine}: ${name}`),
  ];
}

const testsOf = (module: TestModule): TestCase[] => [...module.children.allTests()];
