/** Modules that lie here, so that what a manifest delivers can be tried. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { KnownModule } from "@proxy-wasm-kit/check";
import { readModule } from "../filter.ts";

/** Those that are named, and those in `dist/`, where `pwk build` puts them; of one name the first. */
export async function readModules(paths: readonly string[]): Promise<KnownModule[]> {
  const built = existsSync("dist") ? (await readdir("dist")).filter((name) => name.endsWith(".wasm")).sort() : [];
  const modules: KnownModule[] = [];
  for (const path of [...paths, ...built.map((name) => join("dist", name))])
    modules.push({ name: basename(path, ".wasm"), bytes: await readModule("--module", path) });
  return modules;
}
