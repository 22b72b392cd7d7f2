/** Writing files so that a reader sees the old one or the new one, and never half of either. */
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { Failure, messageOf } from "./failure.ts";

/** Writes a file and the folders it needs; `option` is named in the error. */
export async function writeWhole(
  option: string,
  path: string,
  content: string | Uint8Array,
  mode = 0o644,
): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    if (path === "") throw new Error("expected the path of a file, found nothing");
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, content, { mode });
    await rename(temporary, path);
  } catch (error) {
    if (path !== "") await rm(temporary, { force: true }).catch(() => undefined);
    throw new Failure(`${option}: ${path} cannot be written: ${messageOf(error)}`);
  }
}
