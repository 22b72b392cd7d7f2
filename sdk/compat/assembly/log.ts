// Logging, and what to do when the host refuses.
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { log as sdkLog, unexpected } from "@proxy-wasm-kit/sdk/assembly/log";
import { outPtr, outU32 } from "@proxy-wasm-kit/sdk/assembly/memory";
import { first } from "@proxy-wasm-kit/sdk/assembly/text";
import { LogLevelValues, WasmResultValues } from "./values";

export function log(level: LogLevelValues, logMessage: string): void {
  first().set(logMessage);
  host.proxy_log(level, first().ptr, first().length);
}

export namespace log {
  /** Whether a line of this level would be written now; the SDK's transform asks before a line's text is built. */
  export function enabled(level: LogLevelValues): bool {
    return sdkLog.enabled(level);
  }
}

/** The level of the host's logger now. */
export function logLevel(): LogLevelValues {
  check("proxy_get_log_level", host.proxy_get_log_level(outPtr()));
  return <LogLevelValues>outU32();
}

/** Traps when a call that cannot be done without was refused, with the call and the status in the log. */
export function check(hostCall: string, status: WasmResultValues): void {
  if (status == WasmResultValues.Ok) return;
  unexpected(hostCall, status);
  throw new Error("a host call was refused");
}
