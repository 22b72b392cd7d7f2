/** The filter that a command is about: its name, and what its `filter.yaml` says. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { type FilterMetadata, readFilterMetadata } from "@proxy-wasm-kit/deliver";
import { readYaml } from "./configuration.ts";
import { Failure } from "./failure.ts";
import { readBytes } from "./input.ts";

export interface NamedFilter {
  readonly name: string;
  readonly filter?: FilterMetadata;
}

/** By its folder, or by its name: then the metadata is that in `filters/<name>` of this folder, if it is there. */
export async function readFilter(option: string): Promise<NamedFilter> {
  const isFolder = option.includes("/") || option === ".";
  const file = join(isFolder ? option : join("filters", option), "filter.yaml");
  if (!isFolder && !existsSync(file)) return { name: option };
  const filter = readFilterMetadata(await readYaml("filter", file), file);
  return { name: isFolder ? filter.name : option, filter };
}

/** A module's bytes. */
export async function readModule(option: string, path: string): Promise<Uint8Array> {
  const module = await readBytes(option, path);
  if (!Buffer.from(module.subarray(0, 4)).equals(Buffer.from("\0asm")))
    throw new Failure(`${option}: ${path}: expected a WebAssembly module, found something else`);
  return module;
}
