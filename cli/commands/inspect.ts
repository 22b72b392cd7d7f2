/** `pwk inspect`: what a module is made of. */
import { readFile } from "node:fs/promises";
import { type ModuleTypes, readAbiVersion, readModuleTypes } from "@proxy-wasm-kit/host";
import { Command } from "commander";
import { Failure, messageOf } from "../failure.ts";
import { bytes, type OutputFormat, outputOption, print } from "../print.ts";

interface Inspection {
  readonly module: string;
  readonly bytes: number;
  /** Null when Envoy would refuse the module. */
  readonly abiVersion: string | null;
  /** The Proxy-Wasm callbacks among the exports. */
  readonly callbacks: readonly string[];
  /** The other exports. */
  readonly exports: readonly string[];
  /** As "module.name". */
  readonly imports: readonly string[];
}

export const inspect = (): Command =>
  new Command("inspect")
    .description("List a module's ABI version, exports, imports and size.")
    .argument("<module>", "a .wasm file")
    .addOption(outputOption())
    .addHelpText("after", "\nExample:\n  pwk inspect dist/hmac-auth.wasm -o json")
    .action(async (module: string, options: { output: OutputFormat }) => {
      print(options.output, await inspectModule(module), asText);
    });

async function inspectModule(module: string): Promise<Inspection> {
  const content = await readFile(module).catch((error: unknown) => {
    throw new Failure(`${module}: cannot be read: ${messageOf(error)}`);
  });
  const types = readTypes(module, content);
  const names = types.exports.map(({ name }) => name);
  return {
    module,
    bytes: content.length,
    abiVersion: readAbiVersion(types),
    callbacks: names.filter(isCallback),
    exports: names.filter((name) => !isCallback(name)),
    imports: types.imports.map(({ module: from, name }) => `${from}.${name}`),
  };
}

/** The allocator is named like a callback, but the host calls it for its own needs. */
const isCallback = (name: string) => name.startsWith("proxy_on_") && name !== "proxy_on_memory_allocate";

function readTypes(module: string, content: Uint8Array<ArrayBuffer>): ModuleTypes {
  if (!WebAssembly.validate(content))
    throw new Failure(`${module}: expected a WebAssembly module, found something else`);
  return readModuleTypes(content);
}

function asText(inspection: Inspection): string {
  const list = (title: string, names: readonly string[]) =>
    `${title} (${names.length})\n${names.map((name) => `  ${name}`).join("\n")}`;
  return [
    `${inspection.module}: ${bytes(inspection.bytes)}, Proxy-Wasm ABI ${inspection.abiVersion ?? "unknown: Envoy refuses it"}`,
    list("Callbacks", inspection.callbacks),
    list("Other exports", inspection.exports),
    list("Imports", inspection.imports),
  ].join("\n");
}
