/** A folder that `pwk manifest` writes: what is in it of that, and writing it anew. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { type Files, header } from "@proxy-wasm-kit/deliver";
import { Failure, messageOf } from "../failure.ts";
import { writeWhole } from "../write-whole.ts";

/** Files with the header of `pwk manifest`, by path; none where there is no folder. */
export async function readWritten(option: string, folder: string): Promise<Files> {
  const found = new Map<string, string>();
  for (const path of await pathsIn(option, folder)) {
    const text = await readFile(join(folder, path), "utf8");
    if (text.startsWith(header)) found.set(path.replaceAll(sep, "/"), text);
  }
  return found;
}

async function pathsIn(option: string, folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile() && /\.(yaml|tpl)$/.test(entry.name));
    return files.map((entry) => join(entry.parentPath, entry.name).slice(join(folder, "/").length)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw new Failure(`${option}: ${folder} cannot be read: ${messageOf(error)}`);
  }
}

/**
 * Writes the files, and takes away what an earlier run has written below the same `folders` and this one does not. Files of
 * others stay as they are; one in the way is an error.
 */
export async function writeFolder(folder: string, files: Files, isOurs: (path: string) => boolean): Promise<void> {
  const before = await readWritten("--out", folder);
  for (const path of files.keys()) {
    if (!before.has(path) && (await isThere(join(folder, path))))
      throw new Failure(`--out: ${join(folder, path)}: expected none, or one of pwk manifest, found a file of others`);
  }
  for (const [path, text] of files) await writeWhole("--out", join(folder, path), text);
  for (const path of before.keys()) if (!files.has(path) && isOurs(path)) await rm(join(folder, path));
}

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  );
