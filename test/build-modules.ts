/** Compiles what scenarios run, before they do: filters to dist/, as `pwk build`, examples to
 * dist/examples/, probes to dist/probes/. */
import { existsSync, statSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { compile } from "./compile.ts";

const places = { filters: "dist", examples: "dist/examples", "test/probes": "dist/probes" };
/** Besides its own folder, what a module is made of. */
const shared = ["asconfig.json", "sdk/assembly", "sdk/dist"];

/** Vitest calls it once for each project; modules that are newer than their sources stay as they are. */
export default async function buildModules(): Promise<void> {
  const sharedTime = await newest(shared);
  for (const [folder, target] of Object.entries(places)) {
    const names = existsSync(folder) ? await readdir(folder) : [];
    for (const name of names.filter((each) => existsSync(join(folder, each, "assembly/index.ts")))) {
      const module = join(target, `${name}.wasm`);
      const sourceTime = Math.max(sharedTime, await newest([join(folder, name, "assembly")]));
      const isFresh = existsSync(module) && statSync(module).mtimeMs > sourceTime;
      if (!isFresh) await compile(join(folder, name, "assembly/index.ts"), module);
    }
  }
}

/** When anything in these files and folders was last changed, in milliseconds. */
async function newest(paths: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (const path of paths.filter(existsSync)) {
    const isFolder = statSync(path).isDirectory();
    const files = isFolder ? (await readdir(path, { recursive: true })).map((name) => join(path, name)) : [path];
    for (const file of files) times.push((await stat(file)).mtimeMs);
  }
  return Math.max(0, ...times);
}
