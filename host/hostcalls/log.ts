/** Logging, status and time. Source: proxy-wasm-cpp-host src/exports.cc. */
import { LogLevel, Status } from "../abi.ts";
import { bytesOf } from "../byte-string.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/**
 * `proxy_log(level, message, size)`
 * Results: Ok; BadArgument (level above critical); InvalidMemoryAccess.
 */
function log(vm: Vm, level: number, pointer: number, size: number): Status {
  if (level > LogLevel.Critical) return Status.BadArgument;
  const message = vm.memory.readString(pointer, size);
  if (message === null) return Status.InvalidMemoryAccess;
  writeLog(vm, level as LogLevel, message);
  return Status.Ok;
}

/** Logs for the module unless the level is below that of the `wasm` logger. */
export function writeLog(vm: Vm, level: LogLevel, message: string): void {
  if (level >= vm.services.logLevel) vm.services.log(level, vm.context.logPrefix, message);
}

/** `proxy_get_log_level(*level)`: the level of the `wasm` logger. Results: Ok; InvalidMemoryAccess. */
function getLogLevel(vm: Vm, levelOut: number): Status {
  return vm.memory.writeU32(levelOut, vm.services.logLevel) ? Status.Ok : Status.InvalidMemoryAccess;
}

/**
 * `proxy_get_status(*code, **message, *size)`: of the last callout that ended, always of the root context.
 * Results: Ok; InvalidMemoryAccess.
 */
function getStatus(vm: Vm, codeOut: number, messageOut: number, sizeOut: number): Status {
  const root = vm.context.root;
  if (!vm.memory.writeU32(codeOut, root?.statusCode ?? 0)) return Status.InvalidMemoryAccess;
  return vm.memory.give(bytesOf(root?.statusMessage ?? ""), messageOut, sizeOut);
}

/** `proxy_get_current_time_nanoseconds(*time)`: wall clock, nanoseconds since 1970. Results: Ok; InvalidMemoryAccess. */
function getTime(vm: Vm, timeOut: number): Status {
  return vm.memory.writeU64(timeOut, vm.services.clock.nowNs()) ? Status.Ok : Status.InvalidMemoryAccess;
}

/** `proxy_set_tick_period_milliseconds(ms)`: of the root context; 0 stops. Results: Ok. */
function setTickPeriod(vm: Vm, ms: number): Status {
  vm.context.root?.setTickPeriod(ms);
  return Status.Ok;
}

export const logFunctions: HostFunctions = {
  proxy_log: hostFunction({ takes: { level: "logLevel", message: "text" } }, log, "allocating"),
  proxy_get_log_level: hostFunction({ gives: { level: "logLevel" } }, getLogLevel),
  proxy_get_status: hostFunction({ gives: { code: "u32", message: "text" } }, getStatus),
  proxy_get_current_time_nanoseconds: hostFunction({ gives: { ns: "u64" } }, getTime),
  proxy_set_tick_period_milliseconds: hostFunction({ takes: { ms: "u32" } }, setTickPeriod),
};
