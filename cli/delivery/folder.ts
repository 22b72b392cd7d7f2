/** A folder that `pwk manifest` writes: what is in it of that, and writing it anew. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join, sep } from "node:path";
import { type Files, headerOf } from "@proxy-wasm-kit/deliver";
import { Failure, messageOf } from "../failure.ts";
import { writeWhole } from "../write-whole.ts";

/** What was written there for the delivery of this name, by path; nothing where there is no folder. */
export async function readWritten(option: string, folder: string, name: string): Promise<Files> {
  const found = new Map<string, string>();
  for (const path of await pathsIn(option, folder)) {
    const text = await readFile(join(folder, path), "utf8");
    if (text.startsWith(headerOf(name))) found.set(path.replaceAll(sep, "/"), text);
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

/** What a folder is to have. */
export interface FolderContent {
  /** Of the delivery. */
  readonly name: string;
  readonly files: Files;
  /** Of the files of an earlier run: which of them this one is about. */
  readonly isOurs: (path: string) => boolean;
}

/** Writes the files, and takes away what an earlier run has written and this one does not. One of others in the way is an error. */
export async function writeFolder(folder: string, { name, files, isOurs }: FolderContent): Promise<void> {
  const before = await readWritten("--out", folder, name);
  for (const path of files.keys()) {
    if (!before.has(path) && (await isThere(join(folder, path))))
      throw new Failure(`--out: ${join(folder, path)}: expected none, or one of this delivery, found a file of others`);
  }
  for (const [path, text] of files) await writeWhole("--out", join(folder, path), text);
  for (const path of before.keys()) if (!files.has(path) && isOurs(path)) await rm(join(folder, path));
}

const isThere = (path: string): Promise<boolean> =>
  readFile(path).then(
    () => true,
    () => false,
  );
