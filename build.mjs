// Bundles the TypeScript of this repository into dist/ folders with esbuild; needs nothing built before.
import { build } from "esbuild";

// The workspaces are bundled; packages from the registry stay imports, as the published package depends on them.
const options = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  external: [
    "assemblyscript",
    "binaryen",
    "cli-table3",
    "commander",
    "istanbul-lib-coverage",
    "istanbul-lib-report",
    "istanbul-reports",
    "yaml",
  ],
  logLevel: "warning",
};

await Promise.all([
  build({ ...options, entryPoints: ["sdk/transform/index.ts"], outfile: "sdk/dist/transform.mjs" }),
  build({ ...options, entryPoints: ["sdk/transform/coverage.ts"], outfile: "sdk/dist/coverage.mjs" }),
  build({ ...options, entryPoints: ["cli/main.ts"], outfile: "cli/dist/pwk.mjs" }),
  build({ ...options, entryPoints: ["demo/main.ts"], outfile: "demo/dist/main.mjs" }),
]);
