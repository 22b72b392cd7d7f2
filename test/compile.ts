/** Compiles a module as `pwk build` does: asc, the project's asconfig.json, its release target. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import asc from "assemblyscript/asc";

/** Throws with asc's messages; `options` are asc's. Whoever reads `to` meanwhile sees the old file or the new one. */
export async function compile(entry: string, to: string, options: readonly string[] = []): Promise<void> {
  let bytes: Uint8Array | undefined;
  const messages = asc.createMemoryStream();
  const { error } = await asc.main([entry, "--target", "release", "--outFile", "out.wasm", ...options], {
    stdout: messages,
    stderr: messages,
    writeFile: (_name: string, content: string | Uint8Array) => {
      bytes = Buffer.from(content);
    },
  });
  if (error !== null || bytes === undefined) throw new Error(`${entry} does not compile:\n${messages.toString()}`);
  const draft = `${to}.${crypto.randomUUID()}`;
  await mkdir(dirname(to), { recursive: true });
  await writeFile(draft, bytes);
  await rename(draft, to);
}
