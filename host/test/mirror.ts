/** A module that only imports host functions: a test calls what the module was given, over the module's memory. */
import binaryen from "assemblyscript/binaryen";
import { type AbiVersion, LogLevel } from "../abi.ts";
import { ManualClock } from "../clock.ts";
import { RootContext } from "../context.ts";
import { GrpcCallouts } from "../grpc-callouts.ts";
import { bindImports } from "../hostcalls/index.ts";
import { HttpCallouts } from "../http-callouts.ts";
import { Metrics } from "../metrics.ts";
import { loadModule } from "../module.ts";
import { SharedData } from "../shared-data.ts";
import { SharedQueues } from "../shared-queue.ts";
import { type TraceEvent, Tracer } from "../trace.ts";
import { Vm } from "../vm.ts";

/** A module out of WebAssembly text. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  module.setFeatures(binaryen.Features.All);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

/** What every loadable module has: a marker, memory, and an allocator that always gives address 1024. */
export const skeleton = `
  (memory (export "memory") 1)
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) (i32.const 1024))`;

const words: Record<string, string> = { i: "i32", I: "i64" };

function importOf(module: string, name: string, signature: string): string {
  const [parameters = "", result = ""] = signature.split(":");
  const types = (letters: string) => Array.from(letters, (letter) => words[letter]).join(" ");
  const parameter = parameters === "" ? "" : `(param ${types(parameters)})`;
  return `(import "${module}" "${name}" (func $${name} ${parameter} ${result === "" ? "" : `(result ${types(result)})`}))`;
}

/** The module over functions given by name and signature. */
export function mirrorText(
  functions: Readonly<Record<string, string>>,
  module = "env",
  abiVersion: AbiVersion = "0.2.1",
): string {
  const imports = Object.entries(functions).map(([name, signature]) => importOf(module, name, signature));
  return `(module ${imports.join("\n")} ${skeleton.replace("0_2_1", abiVersion.replaceAll(".", "_"))})`;
}

export interface Mirror {
  readonly vm: Vm;
  readonly root: RootContext;
  readonly logs: [level: number, message: string][];
  readonly hostLogs: readonly string[];
  readonly clock: ManualClock;
  call(name: string, ...values: (number | bigint)[]): number;
  /** Puts a text at an address; everything else in memory is "?". */
  put(address: number, text: string): void;
  /** Bytes as text; whatever was not written reads as "?". */
  at(address: number, size: number): string;
  u32(address: number): number;
}

/** Runs the mirror of some functions, called from a root context. */
export async function mirror(
  functions: Readonly<Record<string, string>>,
  options: {
    readonly module?: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly abiVersion?: AbiVersion;
    readonly allowedCapabilities?: readonly string[];
    readonly onTrace?: (event: TraceEvent) => void;
  } = {},
): Promise<Mirror> {
  const clock = new ManualClock(new Date(1_000));
  const logs: [number, string][] = [];
  const hostLogs: string[] = [];
  const module = options.module ?? "env";
  const loaded = await loadModule(assemble(mirrorText(functions, module, options.abiVersion)));
  const vm = await Vm.start(
    loaded,
    {
      clock,
      sharedData: new SharedData(),
      queues: new SharedQueues(),
      metrics: new Metrics(),
      callouts: new HttpCallouts(new Map(), clock),
      grpc: new GrpcCallouts(new Map(), clock),
      logLevel: LogLevel.Trace,
      attributes: {},
      random: (bytes) => bytes.fill(7),
      log: (level, _prefix, message) => logs.push([level, message]),
      hostLog: (message) => hostLogs.push(message),
      onCallback: () => {},
      onHostCall: () => {},
      tracer: options.onTrace === undefined ? null : new Tracer(options.onTrace),
    },
    {
      vmId: "vm",
      vmConfiguration: new TextEncoder().encode("vm configuration"),
      allowedCapabilities: new Set(options.allowedCapabilities),
      environment: new Map(Object.entries(options.environment ?? {})),
    },
  );
  const root = new RootContext(vm, {
    name: "plugin",
    rootId: "root",
    vmId: "vm",
    configuration: new TextEncoder().encode("plugin configuration"),
    failurePolicy: "FAIL_CLOSED",
    allowOnHeadersStopIteration: false,
  });
  vm.current = root;
  const calls = bindImports(vm.loaded, () => vm)[module] as Record<string, (...values: (number | bigint)[]) => number>;
  vm.memory.write(0, new Uint8Array(64 * 1024).fill("?".charCodeAt(0)));
  return {
    vm,
    root,
    logs,
    hostLogs,
    clock,
    call: (name, ...values) => calls[name]?.(...values) ?? -1,
    put: (address, text) => void vm.memory.write(address, new TextEncoder().encode(text)),
    at: (address, size) => vm.memory.readString(address, size) ?? "",
    u32: (address) => vm.memory.readU32(address) ?? -1,
  };
}
