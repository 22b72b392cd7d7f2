/** Where in the cache a Go module's programs lie: a change of the sources changes the folder, so what is in it fits them. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/**
 * @param {{ name: string, sourceFolder: string, besides?: readonly string[] }} module `name`: of its folder in the cache;
 *   `besides`: what decides what is built besides the sources.
 * @param {NodeJS.ProcessEnv} [environment] `PWK_CACHE` and `XDG_CACHE_HOME` matter.
 * @returns {string}
 */
export function cacheFolder({ name, sourceFolder, besides = [] }, environment = process.env) {
  const hash = createHash("sha256").update(`${process.platform}-${process.arch}\n`);
  for (const line of besides) hash.update(`${line}\n`);
  for (const file of sources(sourceFolder)) hash.update(`${file}\n`).update(readFileSync(join(sourceFolder, file)));
  const caches = environment.XDG_CACHE_HOME || join(homedir(), ".cache");
  const ours = environment.PWK_CACHE || join(caches, "proxy-wasm-kit");
  return join(ours, name, hash.digest("hex").slice(0, 16));
}

const sources = (folder) =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /(^go\.(mod|sum)|\.go)$/.test(name))
    .sort();
