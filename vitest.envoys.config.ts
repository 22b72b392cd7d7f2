/** `npm run test:envoys`: the scenarios on every Envoy that is pinned, each a project of its own. */
import { defineConfig } from "vitest/config";
import { installEnvoy, pinnedVersions } from "./envoy/index.ts";

const binaries: (readonly [version: string, binary: string])[] = [];
for (const version of pinnedVersions) binaries.push([version, await installEnvoy({ version })]);

export default defineConfig({
  test: {
    reporters: ["./test/envoys-reporter.ts"],
    projects: binaries.map(([version, binary]) => ({
      test: {
        name: version,
        include: ["test/acceptance/envoy{,-mirror}.test.ts"],
        globalSetup: ["./test/build-modules.ts"],
        env: { ENVOY_BIN: binary, PWK_REQUIRE_ENGINES: "envoy" },
        testTimeout: 60_000,
        hookTimeout: 60_000,
      },
    })),
  },
});
