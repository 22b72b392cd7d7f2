/**
 * Compiling a module and the checks Envoy makes before it runs.
 * Source: proxy-wasm-cpp-host src/wasm.cc `WasmBase::load`, `getFunctions`; src/v8/v8.cc `V8::link`.
 */
import { type AbiVersion, abiVersions, callbacks } from "./abi.ts";
import { DebugInfo } from "./debug-info.ts";
import { findHostFunction } from "./hostcalls/index.ts";
import { Instances } from "./instances.ts";
import { restorable } from "./restorable.ts";
import { signatureOf } from "./shape.ts";
import { describe, type ModuleTypes, readModuleTypes, type Signature } from "./signature.ts";

/** A module Envoy would not load; the message is the one Envoy logs. */
export class LoadError extends Error {
  override readonly name = "LoadError";
}

/** A module that passed every check that needs no instance. */
export interface CheckedModule {
  readonly module: WebAssembly.Module;
  readonly abiVersion: AbiVersion;
  readonly types: ModuleTypes;
}

export interface LoadedModule extends CheckedModule {
  readonly instances: Instances;
  readonly debugInfo: DebugInfo;
}

const markers = new Map<string, AbiVersion>(
  abiVersions.map((version) => [`proxy_abi_version_${version.replaceAll(".", "_")}`, version]),
);

// Optional exports apart from the callbacks.
const lifecycle = {
  _initialize: "",
  _start: "",
  main: "ii:i",
  __main_void: ":i",
  malloc: "i:i",
  proxy_on_memory_allocate: "i:i",
};

/** Compiles a module and checks its ABI marker, its imports and its exports. Throws `LoadError`. */
export async function loadModule(bytes: Uint8Array): Promise<LoadedModule> {
  const module = await WebAssembly.compile(new Uint8Array(bytes)).catch((error: unknown) => {
    throw new LoadError(`Failed to load Wasm code: ${String(error)}`);
  });
  const types = readModuleTypes(bytes);
  const abiVersion = readAbiVersion(types);
  if (abiVersion === null) throw new LoadError("Missing or unknown Proxy-Wasm ABI version");
  checkImports(types, WebAssembly.Module.imports(module), abiVersion);
  checkExports(types, abiVersion);
  const checked = { module, abiVersion, types };
  const again = restorable(bytes);
  const addedBytes = again === null ? 0 : again.bytes.length - bytes.length;
  const own = again === null ? checked : { ...checked, module: await WebAssembly.compile(again.bytes) };
  return {
    ...own,
    instances: new Instances(own, again?.globals ?? null),
    debugInfo: new DebugInfo(bytes, types, addedBytes),
  };
}

/** The first marker in the order of the export section decides, whatever its type. */
export function readAbiVersion(types: ModuleTypes): AbiVersion | null {
  for (const { name } of types.exports) {
    const version = markers.get(name);
    if (version !== undefined) return version;
  }
  return null;
}

function checkImports(
  types: ModuleTypes,
  imports: readonly WebAssembly.ModuleImportDescriptor[],
  abiVersion: AbiVersion,
): void {
  for (const { module, name, signature } of types.imports) {
    const host = findHostFunction(module, name, abiVersion);
    if (host === undefined) throw missingImport(module, name);
    if (host.signature === signature) continue;
    throw new LoadError(
      `Failed to load Wasm module due to an import type mismatch: ${module}.${name}, ` +
        `want: ${describe(signature)}, but host exports: ${describe(host.signature)}`,
    );
  }
  const global = imports.find(({ kind }) => kind === "global");
  if (global !== undefined) throw missingImport(global.module, global.name);
}

const missingImport = (module: string, name: string) =>
  new LoadError(`Failed to load Wasm module due to a missing import: ${module}.${name}`);

function checkExports(types: ModuleTypes, abiVersion: AbiVersion): void {
  const wanted = new Map<string, Signature>(Object.entries(lifecycle));
  for (const [name, shape] of Object.entries(callbacks)) wanted.set(name, signatureOf(shape));
  if (abiVersion === "0.1.0") {
    wanted.set("proxy_on_request_headers", "ii:i");
    wanted.set("proxy_on_response_headers", "ii:i");
  }
  for (const { name, signature } of types.exports) {
    const want = wanted.get(name);
    if (want === undefined || want === signature) continue;
    throw new LoadError(
      `Bad function signature for: ${name}, want: ${describe(want)}, but the module exports: ${describe(signature)}`,
    );
  }
  const names = new Set(types.exports.map(({ name }) => name));
  if (names.has("malloc") || names.has("proxy_on_memory_allocate")) return;
  throw new LoadError("Wasm module is missing malloc function.");
}
