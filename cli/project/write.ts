/** Writes a new project: all of it, or nothing. */
import { mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Failure, messageOf } from "../failure.ts";

/** Throws when the folder has anything in it. */
export async function writeProject(folder: string, files: ReadonlyMap<string, string>): Promise<void> {
  await expectEmpty(folder);
  const target = resolve(folder);
  let draft: string | null = null;
  try {
    await mkdir(dirname(target), { recursive: true });
    // Beside its place, so that what moves it there is one step.
    draft = await mkdtemp(`${target}.`);
    for (const [path, content] of files) {
      await mkdir(dirname(join(draft, path)), { recursive: true });
      await writeFile(join(draft, path), content);
    }
    await moveTo(draft, target);
  } catch (error) {
    if (draft !== null) await rm(draft, { recursive: true, force: true });
    throw new Failure(`${folder}: the project cannot be written: ${messageOf(error)}`);
  }
}

export async function expectEmpty(folder: string): Promise<void> {
  let names: string[];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    if (code === "ENOTDIR") throw new Failure(`${folder}: expected a folder, or nothing yet, found a file`);
    throw new Failure(`${folder}: cannot be read: ${messageOf(error)}`);
  }
  if (names.length === 0) return;
  const shown = names.sort().slice(0, 3).join(", ");
  throw new Failure(
    `${folder}: expected an empty folder, or none yet, found ${shown}${names.length > 3 ? ", ..." : ""}`,
  );
}

/** In place of an empty folder. The folder that a shell stands in keeps its place, and its files are moved instead. */
async function moveTo(draft: string, target: string): Promise<void> {
  if (target !== process.cwd()) {
    await rmdir(target).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
    await rename(draft, target);
    return;
  }
  const moved: string[] = [];
  try {
    for (const name of await readdir(draft)) {
      await rename(join(draft, name), join(target, name));
      moved.push(name);
    }
    await rm(draft, { recursive: true });
  } catch (error) {
    for (const name of moved) await rm(join(target, name), { recursive: true, force: true });
    throw error;
  }
}
