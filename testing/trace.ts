/** What filters were called with and what they called, as a tree. */
import type { TraceEvent, TraceReturn, TraceValues } from "@proxy-wasm-kit/host";

/** One call, and the calls it led to. */
export interface TracedCall {
  readonly kind: "callback" | "hostCall";
  /** Name of the plugin; empty while a VM starts, and where the engine does not tell. */
  readonly plugin: string;
  /** Id of the context that is called or acted on; null where there is none. */
  readonly context: number | null;
  /** Such as "proxy_on_request_headers", "proxy_log", "wasi_snapshot_preview1.fd_write". */
  readonly name: string;
  /** By name and decoded; the numbers that were passed where the engine knows no more. */
  readonly arguments: TraceValues | readonly number[];
  /** Such as "StopIteration", "NotFound"; absent for functions without, and when the call was cut short. */
  readonly result?: string | number | boolean;
  /** What a host call has given, decoded. */
  readonly returned?: TraceValues;
  /** Why the call was cut short, such as a trap. */
  readonly failure?: string;
  /** Microseconds, with what it called; absent where the engine does not tell. */
  readonly durationUs?: number;
  readonly calls: readonly TracedCall[];
}

/** A call that has not returned. */
interface OpenCall extends Omit<TracedCall, "calls"> {
  readonly calls: TracedCall[];
}

/** Makes trees of calls that begin and return. */
export class TraceTree {
  #calls: TracedCall[] = [];
  readonly #open: OpenCall[] = [];

  /** Of our own host. */
  add(event: TraceEvent): void {
    if (event.event === "return") {
      const { event: _, id, depth, name, ...outcome } = event;
      this.end(outcome);
    } else {
      const { event: _, id, depth, ...call } = event;
      this.begin(call);
    }
  }

  begin(call: Omit<TracedCall, "calls">): void {
    this.#open.push({ ...call, calls: [] });
  }

  /** The innermost call is over. */
  end(outcome: Partial<Pick<TraceReturn, "result" | "returned" | "failure" | "durationUs">>): void {
    const call = this.#open.pop();
    if (call === undefined) return;
    const outer = this.#open.at(-1)?.calls ?? this.#calls;
    outer.push({ ...call, ...outcome });
  }

  /** Innermost first. */
  get open(): readonly string[] {
    return this.#open.map(({ name }) => name).reverse();
  }

  /** The outermost calls that have returned since the last time something was taken. */
  get calls(): readonly TracedCall[] {
    return [...this.#calls];
  }

  take(): readonly TracedCall[] {
    const { calls } = this;
    this.#calls = [];
    return calls;
  }
}

/** All calls of a tree, each before those it led to. */
export function* allCalls(calls: readonly TracedCall[], depth = 0): Iterable<TracedCall & { readonly depth: number }> {
  for (const call of calls) {
    yield { ...call, depth };
    yield* allCalls(call.calls, depth + 1);
  }
}
