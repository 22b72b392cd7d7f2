// Writes the types of what `proxy-wasm-kit` exports to cli/dist/types: those of our sources, which the package does not have.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const folder = "cli/dist/types";
// With the workspaces they import, which would count as packages of others.
const entries = [
  ...["testing/index.ts", "testing/matchers/index.ts", "testing/matchers/vitest.ts", "testing/matchers/jest.ts"],
  ...["host/index.ts", "envoy/index.ts"],
];

rmSync(folder, { recursive: true, force: true });
const { compilerOptions } = JSON.parse(readFileSync("tsconfig.json", "utf8"));
const project = join("cli/dist", "tsconfig.types.json");
const options = { ...compilerOptions, noEmit: false, declaration: true, emitDeclarationOnly: true };
writeFileSync(
  project,
  JSON.stringify({
    compilerOptions: { ...options, rootDir: "../..", outDir: "types", typeRoots: ["../../node_modules/@types"] },
    files: entries.map((entry) => `../../${entry}`),
  }),
);
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", project], { stdio: "inherit" });

for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
  if (!name.endsWith(".d.ts")) continue;
  const file = join(folder, name);
  const text = readFileSync(file, "utf8")
    // Workspaces are folders here.
    .replaceAll(/"@proxy-wasm-kit\/(\w+)"/g, (_, workspace) => {
      const path = relative(dirname(file), join(folder, workspace, "index.js"));
      return JSON.stringify(path.startsWith(".") ? path : `./${path}`);
    })
    .replaceAll(/(from |import\()"(\.[^"]*)\.ts"/g, '$1"$2.js"');
  writeFileSync(file, text);
}
