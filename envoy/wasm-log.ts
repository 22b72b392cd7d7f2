/** What Envoy's `wasm` logger says: lines of the modules, and at level trace every call into a module and out of it. */
import type { EnvoyLogLevel, LogRecord } from "./log.ts";

export type WasmEvent =
  /** A module logged. */
  | { readonly kind: "log"; readonly level: EnvoyLogLevel; readonly message: string }
  /** A module trapped, in which function and, when it has names, with which on the stack. */
  | { readonly kind: "failure"; readonly message: string }
  /** Envoy calls a function of a module. */
  | { readonly kind: "call"; readonly name: string; readonly arguments: readonly number[] }
  /** The function has returned; it never does when the module trapped. `result` is absent for functions without. */
  | { readonly kind: "return"; readonly name: string; readonly result?: number }
  /** A module calls a function of Envoy's; `name` as in "env.proxy_log". */
  | { readonly kind: "hostCall"; readonly name: string; readonly arguments: readonly number[] }
  | { readonly kind: "hostReturn"; readonly name: string; readonly result?: number };

/** These are called for root contexts, though some belong to a stream that the filter then names; the other `proxy_on_*` are for streams. */
export const rootCallbacks: ReadonlySet<string> = new Set([
  "proxy_on_vm_start",
  "proxy_on_configure",
  "proxy_on_tick",
  "proxy_on_queue_ready",
  "proxy_on_http_call_response",
  "proxy_on_grpc_receive_initial_metadata",
  "proxy_on_grpc_receive",
  "proxy_on_grpc_receive_trailing_metadata",
  "proxy_on_grpc_close",
  "proxy_on_foreign_function",
]);

/** Null when the record is something else, such as a line of Envoy's own. */
export function wasmEvent({ level, logger, message }: LogRecord): WasmEvent | null {
  if (logger !== "wasm") return null;
  // The prefix is " name root_id vm_id", without those that are empty. Names may hold colons, as in "a:b".
  const log = /^wasm log.*?: (.*)$/s.exec(message);
  if (log !== null) return { kind: "log", level, message: log[1] ?? "" };
  if (/^Function: \w+ failed: /.test(message)) return { kind: "failure", message };
  const call = /^\[host->vm\] (\w+)\((.*)\)$/.exec(message);
  if (call !== null) return { kind: "call", name: call[1] ?? "", arguments: numbers(call[2] ?? "") };
  const hostCall = /^\[vm->host\] ([\w.]+)\((.*)\)$/.exec(message);
  if (hostCall !== null) return { kind: "hostCall", name: hostCall[1] ?? "", arguments: numbers(hostCall[2] ?? "") };
  const [, way, name, result] = /^\[(host<-vm|vm<-host)\] ([\w.]+) return: (.*)$/.exec(message) ?? [];
  if (name === undefined) return null;
  const kind = way === "host<-vm" ? "return" : "hostReturn";
  return { kind, name, ...(result === "void" ? {} : { result: Number(result) }) };
}

const numbers = (list: string): number[] => (list === "" ? [] : list.split(", ").map(Number));
