import { defineConfig } from "vitest/config";

/** One project for what is tested beside the code, one for what users install, and one for each engine the scenarios run on. */
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
          exclude: ["**/node_modules/**", "**/dist/**", "test/acceptance/**", "test/projects/**", "cli/templates/**"],
          testTimeout: 60_000,
          // Compiling takes seconds where processors are few.
          hookTimeout: 60_000,
        },
      },
      { test: { name: "projects", include: ["test/projects/*.test.ts"] } },
      ...["host", "envoy", "istio"].map((engine) => ({
        test: {
          name: engine,
          include: [`test/acceptance/${engine}{,-*}.test.ts`],
          globalSetup: ["./test/build-modules.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      })),
    ],
  },
});
