/** The filter that a command is about: its name, what its `filter.yaml` says, and the schema of its configuration. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type FilterMetadata, readFilterMetadata } from "@proxy-wasm-kit/deliver";
import { readYaml } from "./configuration.ts";
import { Failure } from "./failure.ts";
import { beside, readBytes } from "./input.ts";

export interface NamedFilter {
  readonly name: string;
  readonly filter?: FilterMetadata;
}

export interface DescribedFilter extends NamedFilter {
  /** JSON schema of its configuration, where `filter.yaml` names one; `file` is for messages. */
  readonly schema?: { readonly file: string; readonly value: unknown };
}

/** Those that the command brings along: `filter.yaml` and what it names, beside dist/, where this is bundled to. */
const readyFilters = fileURLToPath(new URL("../dist/filters/", import.meta.url));

/**
 * By its folder, or by its name: then the metadata is that in `filters/<name>` of the folder `from`, or of a ready filter.
 * A name that nothing has is one without metadata.
 */
export async function readFilter(option: string, from = "."): Promise<NamedFilter> {
  const folder = folderOf(option, from);
  if (folder === undefined) return { name: option };
  const file = join(folder, "filter.yaml");
  const filter = readFilterMetadata(await readYaml("filter", file), file);
  return { name: isFolder(option) ? filter.name : option, filter };
}

/** The same with the schema. */
export async function describeFilter(option: string, from = "."): Promise<DescribedFilter> {
  const named = await readFilter(option, from);
  const folder = folderOf(option, from);
  if (folder === undefined || named.filter?.configuration === undefined) return named;
  const file = join(folder, named.filter.configuration);
  return { ...named, schema: { file, value: await readYaml("filter", file, { numbers: "nearest" }) } };
}

/** The names of those that the command brings along. */
export const readyFilterNames = async (): Promise<readonly string[]> =>
  existsSync(readyFilters) ? (await readdir(readyFilters)).sort() : [];

const isFolder = (option: string) => option.includes("/") || option === ".";

function folderOf(option: string, from: string): string | undefined {
  if (isFolder(option)) return beside(from, option);
  const folders = [join(from, "filters", option), join(readyFilters, option)];
  return folders.find((folder) => existsSync(join(folder, "filter.yaml")));
}

/** A module's bytes. */
export async function readModule(option: string, path: string): Promise<Uint8Array> {
  const module = await readBytes(option, path);
  if (!Buffer.from(module.subarray(0, 4)).equals(Buffer.from("\0asm")))
    throw new Failure(`${option}: ${path}: expected a WebAssembly module, found something else`);
  return module;
}
