/** Coverage of filters that were built to count (`pwk build --coverage`), for `pwk coverage` and Istanbul's tools. */
import { mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { LoadedModule } from "@proxy-wasm-kit/host";

/** Test runners have several processes and threads: each writes a file of its own, again whenever a proxy has ended. */
const name = `${crypto.randomUUID()}.json`;

/** Writes what the modules have run so far to the folder `PWK_COVERAGE`; does nothing without it. */
export async function saveCoverage(modules: Iterable<Promise<LoadedModule>>): Promise<void> {
  const folder = process.env.PWK_COVERAGE;
  if (folder === undefined) return;
  const loaded = await Promise.allSettled(modules);
  const found = loaded.flatMap((one) => (one.status === "fulfilled" ? [one.value.instances.coverage()] : []));
  await mkdir(folder, { recursive: true });
  const draft = join(folder, `${name}.${crypto.randomUUID()}`);
  await writeFile(draft, JSON.stringify(Object.assign({}, ...found)));
  await rename(draft, join(folder, name));
}
