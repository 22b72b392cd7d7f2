/** `pwk coverage`: which statements and functions of filters have run in tests. */
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Command } from "commander";
import type { CoverageMapData } from "istanbul-lib-coverage";
import { Failure } from "../failure.ts";

export const coverage = (): Command =>
  new Command("coverage")
    .description("Print the coverage of filters built with --coverage, and write it as lcov.info.")
    .argument("[folder]", "what PWK_COVERAGE was when the tests ran; lcov.info goes there too", "coverage")
    .addHelpText(
      "after",
      `
Example:
  pwk build --coverage --out-dir dist/coverage my-filter
  PWK_COVERAGE=coverage npx vitest run
  pwk coverage`,
    )
    .action(report);

async function report(folder: string): Promise<void> {
  const names = existsSync(folder) ? (await readdir(folder)).filter((name) => name.endsWith(".json")) : [];
  if (names.length === 0)
    throw new Failure(`${folder}: expected coverage of tests, found none; see pwk coverage --help`);
  // Loaded here because they are slow to load, and other commands do without them.
  const { default: coverageLibrary } = await import("istanbul-lib-coverage");
  const { default: reportLibrary } = await import("istanbul-lib-report");
  const { default: reports } = await import("istanbul-reports");
  const coverageMap = coverageLibrary.createCoverageMap();
  for (const name of names) {
    coverageMap.merge(JSON.parse(await readFile(join(folder, name), "utf8")) as CoverageMapData);
  }
  const context = reportLibrary.createContext({ dir: folder, coverageMap });
  reports.create("text").execute(context);
  reports.create("lcovonly").execute(context);
}
