// Bundles the TypeScript of this repository into dist/ folders with esbuild; needs nothing built before.
import { cpSync, readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

// The workspaces are bundled; packages from the registry stay imports, as the published package depends on them.
const options = {
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  external: [
    "ajv",
    "assemblyscript",
    "binaryen",
    "chokidar",
    "cli-table3",
    "commander",
    "diff",
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
  build({
    ...options,
    // In pieces, as the entries have to share what they know of a response.
    splitting: true,
    external: [...options.external, "vitest"],
    entryPoints: {
      testing: "testing/index.ts",
      matchers: "testing/matchers/index.ts",
      vitest: "testing/matchers/vitest.ts",
      jest: "testing/matchers/jest.ts",
    },
    outExtension: { ".js": ".mjs" },
    outdir: "cli/dist/testing",
  }),
  build({ ...options, entryPoints: ["demo/main.ts"], outfile: "demo/dist/main.mjs" }),
]);

// What the ready filters say of themselves, so that their names are known in every folder.
rmSync("cli/dist/filters", { recursive: true, force: true });
for (const name of readdirSync("filters", { withFileTypes: true }).flatMap((each) =>
  each.isDirectory() ? each.name : [],
)) {
  for (const file of ["filter.yaml", "config.schema.json"])
    cpSync(`filters/${name}/${file}`, `cli/dist/filters/${name}/${file}`);
}

// Beside the bundle as beside the sources of `check`.
for (const file of ["crds.json.gz", "envoy-api.binpb.gz"]) cpSync(`check/schemas/${file}`, `cli/dist/schemas/${file}`);
for (const file of readdirSync("istio", { recursive: true })) {
  if (/(^go\.(mod|sum)|\.go)$/.test(file)) cpSync(`istio/${file}`, `cli/dist/istio/${file}`);
}
