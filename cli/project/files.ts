/** The files of a new project, as they are to be written. */
import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { pinnedVersion } from "@proxy-wasm-kit/envoy";
import packageJson from "../package.json" with { type: "json" };
import type { Template } from "./templates.ts";

/** Those that this repository is tested with; a test holds them to it. */
const tested = { "@types/node": "20.19.43", vitest: "4.1.12" };

/** Beside dist/, where this is bundled to. */
const folder = fileURLToPath(new URL("../templates/", import.meta.url));

/** Content by path; those of the template come before those of all. */
export async function filesOf(template: Template, name: string): Promise<ReadonlyMap<string, string>> {
  const files = new Map<string, string>();
  for (const from of ["common", template]) {
    for (const [path, text] of await readFolder(join(folder, from))) files.set(path, rename(text, name));
  }
  files.set("package.json", `${JSON.stringify(manifest(name, template), null, 2)}\n`);
  return files;
}

async function readFolder(from: string): Promise<readonly (readonly [string, string])[]> {
  const entries = await readdir(from, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    files.sort().map(async (file) => {
      const path = file.slice(from.length + 1).replaceAll(sep, "/");
      // npm leaves .gitignore out of packages.
      return [path === "gitignore" ? ".gitignore" : path, await readFile(file, "utf8")] as const;
    }),
  );
}

const rename = (text: string, name: string) =>
  text
    .replaceAll("my-filter", name)
    .replaceAll("my_filter", name.replaceAll("-", "_"))
    .replaceAll("ENVOY_VERSION", pinnedVersion);

/** Exact versions: the same module on every machine. */
const manifest = (name: string, template: Template) => ({
  name,
  version: "0.1.0",
  private: true,
  type: "module",
  engines: packageJson.engines,
  scripts: {
    build: "pwk build",
    // It serves HTTP.
    ...(template !== "tcp" && { dev: "pwk dev" }),
    test: "pwk build && pwk test",
  },
  devDependencies: {
    "@proxy-wasm-kit/sdk": packageJson.version,
    "@types/node": tested["@types/node"],
    assemblyscript: packageJson.dependencies.assemblyscript,
    "proxy-wasm-kit": packageJson.version,
    vitest: tested.vitest,
  },
});
