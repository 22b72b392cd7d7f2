/** Every call into a module and out of it, as it happens. */
import { type CallbackName, callbacks } from "./abi.ts";
import { toText } from "./byte-string.ts";
import type { Context } from "./context.ts";
import type { HostFunction } from "./hostcalls/host-function.ts";
import { findHostFunction } from "./hostcalls/index.ts";
import { givenValues, named, type TraceValues, takenValues } from "./trace-values.ts";
import type { Vm } from "./vm.ts";

/** A call has begun. */
export interface TraceCall {
  readonly event: "call";
  /** Counts from 0; the `return` of this call has the same. */
  readonly id: number;
  /** Calls that have begun and not returned; callbacks of depth 0 come from the host itself. */
  readonly depth: number;
  readonly kind: "callback" | "hostCall";
  /** Of the context that is called, or on which the host call acts; empty while the VM starts. */
  readonly plugin: string;
  /** Id of that context; null where there is none. */
  readonly context: number | null;
  /** Such as "proxy_on_tick", "proxy_log", "wasi_snapshot_preview1.fd_write". */
  readonly name: string;
  /** By name; numbers as they were passed where only types are known. */
  readonly arguments: TraceValues | readonly number[];
}

/** A call has returned, or was cut short. */
export interface TraceReturn {
  readonly event: "return";
  readonly id: number;
  readonly depth: number;
  readonly name: string;
  /** A name where there is one ("Ok", "StopIteration"); absent for functions without, and after a failure. */
  readonly result?: string | number | boolean;
  /** What a host call has given by its out-parameters; absent when it gave nothing. */
  readonly returned?: TraceValues;
  /** Why the call was cut short, such as a trap. */
  readonly failure?: string;
  /** Microseconds, what it called and tracing itself included. */
  readonly durationUs: number;
}

export type TraceEvent = TraceCall | TraceReturn;

type Outcome = Pick<TraceReturn, "result" | "returned" | "failure">;

export class Tracer {
  readonly #emit: (event: TraceEvent) => void;
  #nextId = 0;
  #depth = 0;

  constructor(emit: (event: TraceEvent) => void) {
    this.#emit = emit;
  }

  /** Of a name without a shape the values are not told. */
  callback<T extends number | undefined>(
    { vm, context, name, values }: { vm: Vm; context: Context | null; name: string; values: readonly number[] },
    call: () => T,
  ): T {
    const shape = Object.hasOwn(callbacks, name) ? callbacks[name as CallbackName] : null;
    const before = vm.failure;
    return this.#span(
      { kind: "callback", ...nameOf(context), name, arguments: shape === null ? {} : takenValues(vm, shape, values) },
      call,
      (result) => {
        if (vm.failure !== before && vm.failure !== null) return { failure: vm.failure };
        return result === undefined || shape === null ? {} : { result: named(shape.result, result >>> 0) };
      },
    );
  }

  hostCall(
    vm: Vm,
    { name, host, values }: { name: string; host: HostFunction; values: readonly (number | bigint)[] },
    call: () => number | undefined,
  ): number | undefined {
    const { shape } = host;
    // The phases before the first callback have no context, and host calls that need one end there.
    const context = vm.current === null ? null : vm.context;
    const taken = shape === null ? values.map(Number) : takenValues(vm, shape, values);
    return this.#span({ kind: "hostCall", ...nameOf(context), name, arguments: taken }, call, (result) => {
      const outcome = result === undefined ? {} : { result: named(shape?.result ?? "u32", result) };
      const isGiven = result === 0 && shape?.gives !== undefined;
      return isGiven ? { ...outcome, returned: givenValues(vm, shape, values) } : outcome;
    });
  }

  #span<T>(what: Omit<TraceCall, "event" | "id" | "depth">, call: () => T, outcomeOf: (result: T) => Outcome): T {
    const place = { id: this.#nextId++, depth: this.#depth++ };
    this.#emit({ event: "call", ...place, ...what });
    const start = performance.now();
    let outcome: Outcome = {};
    try {
      const result = call();
      outcome = outcomeOf(result);
      return result;
    } catch (error) {
      outcome = { failure: error instanceof Error ? error.message : String(error) };
      throw error;
    } finally {
      const durationUs = Math.round((performance.now() - start) * 10_000) / 10;
      this.#depth--;
      this.#emit({ event: "return", ...place, name: what.name, ...outcome, durationUs });
    }
  }
}

/** What a callback or a function of `env` has returned, by its name, as in `TraceReturn`. */
export function resultName(name: string, result: number): string | number | boolean {
  const callback = Object.hasOwn(callbacks, name) ? callbacks[name as CallbackName] : null;
  const kind = callback?.result ?? findHostFunction("env", name, "0.2.1")?.shape?.result ?? "u32";
  return named(kind, result);
}

const nameOf = (context: Context | null): Pick<TraceCall, "plugin" | "context"> => ({
  plugin: toText(context?.root?.plugin.name ?? ""),
  context: context?.id ?? null,
});
