/**
 * Compiles every filter with every SDK this machine can build: bench/dist/modules/<filter>/<sdk>.wasm. An SDK it has no
 * tools for is left out, with the reason on a line of its own.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import binaryen from "binaryen";
import { buildRust } from "./rust.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "../..");
const modules = join(here, "../dist/modules");

/** Sources of each SDK are in a folder of its name; `build` compiles one filter of it to a file. */
const sdks = {
  kit: (filter, to) => {
    const own = join(here, "kit/assembly", `${filter}.ts`);
    const ours = ["examples", "filters"].map((folder) => join(root, folder, filter, "assembly/index.ts"));
    asc(root, [own, ...ours].find(existsSync), to, ["--target", "release"]);
  },
  rust: (filter, to) => buildRust(join(here, "rust"), join(here, "../dist/rust"), filter, to),
  gcore: (filter, to) => {
    const shim = "node_modules/@assemblyscript/wasi-shim/asconfig.json";
    asc(install("gcore"), `assembly/${filter}.ts`, to, ["-O3", "--config", shim, "--use", "abort=abort_proc_exit"]);
  },
  solo: (filter, to) => asc(install("solo"), `assembly/${filter}.ts`, to, ["-O3", "--use", "abort=abort_proc_exit"]),
  floor: (filter, to) => assemble(join(here, "floor", `${filter}.wat`), to),
};

/** Compiles text as it is written. */
function assemble(source, to) {
  const module = binaryen.parseText(readFileSync(source, "utf8"));
  writeFileSync(to, module.emitBinary());
}

/** Runs the compiler that the folder has installed; entries and targets are named from there. */
function asc(folder, entry, to, flags) {
  const name = (path) => (path.startsWith("/") ? relative(folder, path) : path);
  execFileSync("npx", ["--no-install", "asc", name(entry), "--outFile", name(to), ...flags], {
    cwd: folder,
    stdio: ["ignore", "ignore", "pipe"],
  });
}

/** The compiler each SDK was made for, as its lock says. */
function install(sdk) {
  const folder = join(here, sdk);
  if (!existsSync(join(folder, "node_modules"))) {
    execFileSync("npm", ["ci", "--no-audit", "--no-fund"], { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  }
  return folder;
}

/** Ours is there twice, for another configuration; Rust too, with SIMD and the newest crates. */
const hmacSdks = {
  kit: sdks.kit,
  "kit-rules": (filter, to) => copyFileSync(join(modules, filter, "kit.wasm"), to),
  rust: sdks.rust,
  "rust-simd": (filter, to) => sdks.rust(`${filter}-simd`, to),
};

/** Ours twice again: with its own conditions, and with CEL's alone. */
const attributeSdks = {
  kit: sdks.kit,
  "kit-cel": (filter, to) => copyFileSync(join(modules, filter, "kit.wasm"), to),
};

const filters = { noop: sdks, "add-header": sdks, "hmac-auth": hmacSdks, "attribute-gen": attributeSdks };

for (const [filter, builds] of Object.entries(filters)) {
  for (const [sdk, build] of Object.entries(builds)) {
    const to = join(modules, filter, `${sdk}.wasm`);
    mkdirSync(dirname(to), { recursive: true });
    try {
      build(filter, to);
    } catch (error) {
      // What an older run left would be measured as if it were built from these sources.
      rmSync(to, { force: true });
      console.error(
        `${sdk} ${filter} is left out: ${`${error.stderr ?? ""}`.trim().split("\n").at(-1) || error.message}`,
      );
    }
  }
}
