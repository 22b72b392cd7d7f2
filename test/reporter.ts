/**
 * What `npm test` prints: failures in full, a table of scenarios by engine, and one line over everything. An engine that
 * this machine does not have stands in the table as skipped, with what to do about it.
 */
import type { TestCase, TestModule } from "vitest/node";
import { DefaultReporter } from "vitest/node";

const allEngines = ["host", "envoy", "istio"];
const marks = { passed: "✓", failed: "✗", skipped: "-", pending: "-" };

export default class ScenarioReporter extends DefaultReporter {
  override onTestRunEnd(...[modules, errors, reason]: Parameters<DefaultReporter["onTestRunEnd"]>): void {
    super.onTestRunEnd(modules, errors, reason);
    const table = scenarioTable(modules);
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded, or whose set-up failed, is a failure of its own, and so is an error outside tests.
    const broken = modules.filter(
      (module) =>
        module.state() === "failed" &&
        ![...module.children.allTests()].some((test) => test.result().state === "failed"),
    ).length;
    const failed = count("failed") + broken + errors.length;
    const closing = `${count("passed")} passed, ${failed} failed, ${count("skipped")} skipped`;
    process.stdout.write(`${[...table, "", closing].join("\n")}\n`);
  }
}

function scenarioTable(modules: readonly TestModule[]): string[] {
  const engines = allEngines.filter((engine) => modules.some(({ project }) => project.name === engine));
  const rows = new Map<string, Map<string, TestCase>>();
  const notes: string[] = [];
  for (const engine of engines) {
    const tests = modules
      .filter(({ project }) => project.name === engine)
      .flatMap((module) => [...module.children.allTests()]);
    for (const test of tests) {
      const row = rows.get(test.name) ?? new Map<string, TestCase>();
      rows.set(test.name, row.set(engine, test));
    }
    notes.push(...engineNote(engine, tests));
  }
  if (rows.size === 0) return [];
  const width = Math.max(...[...rows.keys()].map((name) => name.length));
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell) => cell.padEnd(5)).join("  ")}`.trimEnd();
  const cell = (row: ReadonlyMap<string, TestCase>, engine: string) => {
    const state = row.get(engine)?.result().state;
    return state === undefined ? "" : marks[state];
  };
  const table = [...byFilter(rows)].flatMap(([filter, ofFilter]) => [
    ...(filter === "" ? [] : [filter]),
    ...ofFilter.map(([name, row]) =>
      line(
        filter === "" ? name : `  ${name}`,
        engines.map((engine) => cell(row, engine)),
      ),
    ),
  ]);
  return ["", line("Scenarios", engines), ...table, ...notes];
}

type Row = readonly [name: string, tests: ReadonlyMap<string, TestCase>];

/** Scenarios are named "filter: what it does"; the rest is under "". */
function byFilter(rows: ReadonlyMap<string, ReadonlyMap<string, TestCase>>): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const [full, tests] of rows) {
    const [, filter = "", name = full] = /^([a-z0-9-]+): (.*)$/s.exec(full) ?? [];
    groups.set(filter, [...(groups.get(filter) ?? []), [name, tests]]);
  }
  return groups;
}

/** "envoy 1.39.3: 86 of 87 scenarios passed", what it was spared and why, or why an engine was left out. */
function engineNote(engine: string, tests: readonly TestCase[]): string[] {
  if (tests.length === 0) return [];
  // The suite is named after the engine with its version, or after what is missing; tests beside it say that themselves.
  const named = tests.map(({ parent }) => parent).find((parent) => parent.type === "suite")?.name;
  const suite = named ?? engine;
  if (tests.every((test) => test.result().state === "skipped")) {
    const notes = tests.map((test) => test.result()).flatMap((result) => ("note" in result ? (result.note ?? []) : []));
    return [`${engine}: skipped, ${named ?? notes[0] ?? engine}`];
  }
  const passed = tests.filter((test) => test.result().state === "passed").length;
  const spared = tests.flatMap((test) => {
    const result = test.result();
    return result.state === "skipped" && result.note ? [`  - ${test.name} (${result.note})`] : [];
  });
  return [`${suite}: ${passed} of ${tests.length} scenarios passed`, ...spared];
}
