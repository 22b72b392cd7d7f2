/** Every function a module can import, and how imports are bound to a VM. Source: proxy-wasm-cpp-host src/wasm.cc. */
import { type AbiVersion, Status } from "../abi.ts";
import type { CheckedModule } from "../module.ts";
import type { Phase, Vm } from "../vm.ts";
import { abi010Functions } from "./abi-0-1-0.ts";
import { bufferFunctions } from "./buffers.ts";
import { calloutFunctions } from "./callouts.ts";
import { foreignFunctionCalls } from "./foreign.ts";
import { grpcFunctions } from "./grpc.ts";
import { headerFunctions } from "./headers.ts";
import { type Availability, type HostFunction, type HostFunctions, hostFunction } from "./host-function.ts";
import { logFunctions } from "./log.ts";
import { metricFunctions } from "./metrics.ts";
import { propertyFunctions } from "./properties.ts";
import { sharedFunctions } from "./shared-data.ts";
import { streamFunctions } from "./streams.ts";
import { wasiFunctions } from "./wasi.ts";

const emscriptenFunctions: HostFunctions = {
  pthread_equal: hostFunction(
    { takes: { left: "u32", right: "u32" }, result: "bool" },
    (_vm, left: number, right: number) => Number(left === right),
  ),
  emscripten_notify_memory_growth: hostFunction(
    { takes: { memory: "u32" }, result: "none" },
    () => undefined,
    "starting",
  ),
  // No name resolves in this host.
  envoy_resolve_dns: hostFunction({ takes: { name: "text" }, gives: { token: "u32" } }, () => Status.BadArgument),
};

const environment: HostFunctions = {
  ...logFunctions,
  ...headerFunctions,
  ...bufferFunctions,
  ...streamFunctions,
  ...propertyFunctions,
  ...sharedFunctions,
  ...metricFunctions,
  ...calloutFunctions,
  ...grpcFunctions,
  ...foreignFunctionCalls,
  ...abi010Functions,
  ...emscriptenFunctions,
};

/** WASI's errno of a function that may not be called. */
const notCapable = 76;

const onlyIn: ReadonlyMap<string, readonly AbiVersion[]> = new Map<string, readonly AbiVersion[]>([
  ["proxy_get_log_level", ["0.2.1"]],
  ["proxy_continue_stream", ["0.2.0", "0.2.1"]],
  ["proxy_close_stream", ["0.2.0", "0.2.1"]],
  ...Object.keys(abi010Functions).map((name) => [name, ["0.1.0"]] as const),
]);

const allowed: Record<Phase, readonly Availability[]> = {
  instantiate: ["running", "starting", "allocating"],
  start: ["starting", "allocating"],
  allocate: ["allocating"],
  run: ["running", "starting", "allocating"],
};

/** The function behind an import; undefined when modules of this ABI version get none of that name. */
export function findHostFunction(module: string, name: string, abiVersion: AbiVersion): HostFunction | undefined {
  if (module === "wasi_snapshot_preview1" || module === "wasi_unstable") return own(wasiFunctions, name);
  if (module !== "env") return undefined;
  if (onlyIn.get(name)?.includes(abiVersion) === false) return undefined;
  return own(environment, name);
}

/** The imports of a module, each bound to the VM that has the instance when it is called. */
export function bindImports({ module, abiVersion, types }: CheckedModule, owner: () => Vm): WebAssembly.Imports {
  const imports: WebAssembly.Imports = {};
  for (const { module: from, name } of types.imports) {
    const host = findHostFunction(from, name, abiVersion);
    if (host === undefined) continue;
    imports[from] ??= {};
    imports[from][name] = bind(owner, from, name, host);
  }
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    imports[from] ??= {};
    if (kind === "memory") imports[from][name] = new WebAssembly.Memory({ initial: 0 });
    if (kind === "table") imports[from][name] = new WebAssembly.Table({ initial: 0, element: "anyfunc" });
  }
  return imports;
}

function bind(
  owner: () => Vm,
  module: string,
  name: string,
  host: HostFunction,
): (...values: (number | bigint)[]) => number | undefined {
  // The signature was compared when the module was loaded: the guest's values are what the body takes.
  const body = host.body as (vm: Vm, ...values: (number | bigint)[]) => number | undefined;
  const call = (vm: Vm, values: readonly (number | bigint)[]): number | undefined => {
    if (!vm.allows(name, module)) return restricted(vm, module, name);
    if (!allowed[vm.phase].includes(host.availability)) throw new Error("restricted_callback");
    const result = body(vm, ...values);
    vm.services.onHostCall({ module, name, arguments: values, ...(result === undefined ? {} : { result }) });
    return result;
  };
  const fullName = module === "env" ? name : `${module}.${name}`;
  return (...values) => {
    const vm = owner();
    const { tracer } = vm.services;
    const given = values.map((value) => (typeof value === "number" ? value >>> 0 : value));
    if (tracer === null) return call(vm, given);
    return tracer.hostCall(vm, { name: fullName, host, values: given }, () => call(vm, given));
  };
}

/** What a module gets from a function that `capability_restriction_config` leaves out. */
function restricted(vm: Vm, module: string, name: string): number {
  const isWasi = module !== "env";
  vm.services.hostLog(`Attempted call to restricted ${isWasi ? "WASI" : "proxy-wasm"} capability: ${name}`);
  return isWasi ? notCapable : Status.InternalFailure;
}

const own = (functions: HostFunctions, name: string): HostFunction | undefined =>
  Object.hasOwn(functions, name) ? functions[name] : undefined;
