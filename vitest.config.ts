import { defineConfig } from "vitest/config";

const notOurs = ["**/node_modules/**", "**/dist/**", "cli/templates/**"];
const slow = "**/*.slow.test.ts";

/**
 * One project for what is tested beside the code, one for what of it takes long, one for what users install, and one for each
 * engine the scenarios run on.
 */
export default defineConfig({
  test: {
    reporters: ["./test/reporter.ts"],
    // Tests wait for proxies as often as they compute: all processors, where vitest would leave one idle.
    maxWorkers: "100%",
    projects: [
      {
        test: {
          name: "unit",
          include: ["**/*.test.ts"],
          exclude: [...notOurs, slow, "test/acceptance/**", "test/projects/**"],
          // No test leaves anything behind in its process, and reading every module for every file takes half of the time.
          isolate: false,
          testTimeout: 60_000,
          // Compiling takes seconds where processors are few.
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "slow",
          include: [slow],
          exclude: notOurs,
          globalSetup: ["./test/build-modules.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "projects", include: ["test/projects/*.test.ts"] } },
      ...["host", "envoy", "istio"].map((engine) => ({
        test: {
          name: engine,
          include: [`test/acceptance/${engine}{,-*}.test.ts`],
          exclude: [...notOurs, slow],
          globalSetup: ["./test/build-modules.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
