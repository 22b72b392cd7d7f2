/** What `npm run test:envoys` prints: failures in full, then how each version did, and what it failed or was spared. */
import type { TestModule } from "vitest/node";
import { DefaultReporter } from "vitest/node";

export default class EnvoysReporter extends DefaultReporter {
  override onTestRunEnd(...[modules, errors, reason]: Parameters<DefaultReporter["onTestRunEnd"]>): void {
    super.onTestRunEnd(modules, errors, reason);
    const versions = [...new Set(modules.map(({ project }) => project.name))].sort(byVersion);
    const rows = versions.map((version) =>
      rowOf(
        version,
        modules.filter(({ project }) => project.name === version),
      ),
    );
    const table = [["Envoy", "passed", "failed", "skipped"], ...rows.map(({ cells }) => cells)];
    const lines = table.map((cells) =>
      cells
        .map((cell) => cell.padEnd(8))
        .join("  ")
        .trimEnd(),
    );
    process.stdout.write(`${["", ...lines, ...rows.flatMap(({ notes }) => notes)].join("\n")}\n`);
  }
}

interface Row {
  readonly cells: readonly string[];
  readonly notes: readonly string[];
}

function rowOf(version: string, modules: readonly TestModule[]): Row {
  const tests = modules.flatMap((module) => [...module.children.allTests()]);
  const of = (state: string) => tests.filter((test) => test.result().state === state);
  // A file that could not be loaded has no tests to fail.
  const broken = modules.filter(
    (module) => module.state() === "failed" && [...module.children.allTests()].length === 0,
  );
  const notes = [
    ...broken.map((module) => `failed on ${version}: ${module.moduleId}`),
    ...of("failed").map(({ name }) => `failed on ${version}: ${name}`),
    ...of("skipped").map((test) => {
      const result = test.result();
      return `skipped on ${version}: ${test.name} (${(result.state === "skipped" && result.note) || "skipped"})`;
    }),
  ];
  const counts = [of("passed").length, of("failed").length + broken.length, of("skipped").length];
  return { cells: [version, ...counts.map(String)], notes };
}

const byVersion = (one: string, other: string): number => one.localeCompare(other, "en", { numeric: true });
