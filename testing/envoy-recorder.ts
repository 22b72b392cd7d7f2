/** What Envoy's log tells about the filters of one connection after the other. */
import {
  accessLogValues,
  type EnvoyLogLevel,
  type LogRecord,
  rootCallbacks,
  type WasmEvent,
  wasmEvent,
} from "@proxy-wasm-kit/envoy";
import { EnvoyTrace } from "./envoy-trace.ts";
import type { TracedCall } from "./trace.ts";
import type { CallbackRecord, LogLevel, LogLine, ProxyOptions } from "./types.ts";

/**
 * What has to be in the access logs of a listener for `EnvoyRecorder` to understand them. The connection's line is
 * written when the connection and all its streams are gone: no callback and no log line of theirs comes after it.
 */
export const accessLogOf = ({ filterState = [] }: Pick<ProxyOptions, "filterState">) => ({
  stream: [
    ...["stream", "%RESPONSE_CODE_DETAILS%", "%UPSTREAM_WIRE_BYTES_SENT%"],
    ...filterState.map((name) => `%FILTER_STATE(wasm.${name}:PLAIN)%`),
  ],
  connection: ["connection", "%UPSTREAM_LOCAL_ADDRESS%"],
});

/** What was heard in a while. */
export interface Heard {
  readonly logs: LogLine[];
  readonly callbacks: CallbackRecord[];
  readonly failures: string[];
  /** Absent unless it was asked for. */
  readonly trace?: readonly TracedCall[];
  /** `%RESPONSE_CODE_DETAILS%` of the first stream; null when there was no stream. */
  details: string | null;
  /** What Envoy has begun to send upstream for the first stream. */
  upstreamBytes: number;
  /** Of the first stream, in the order of the names asked for; "-" stands for none. */
  filterState: readonly string[];
  /** Whether a TCP connection was given one to upstream. */
  hasUpstream: boolean;
}

const levels: Readonly<Record<EnvoyLogLevel, LogLevel>> = {
  trace: "trace",
  debug: "debug",
  info: "info",
  warning: "warn",
  error: "error",
  critical: "critical",
};

/** `at` is where its record is. */
interface OpenCall {
  readonly name: string;
  readonly at: number | null;
}

export class EnvoyRecorder {
  /** Everything that was logged so far. */
  readonly logs: LogLine[] = [];
  /** See `RunningProxy`. */
  readonly abiCalls = new Set<string>();
  #heard: Heard = silence();
  /** Of each thread, calls into modules that have not returned; the innermost is last. */
  #open = new Map<string, OpenCall[]>();
  #onConnectionGone: () => void = () => {};
  readonly #trace: EnvoyTrace | null;

  constructor({ trace = false }: { readonly trace?: boolean } = {}) {
    this.#trace = trace ? new EnvoyTrace() : null;
  }

  add(record: LogRecord): void {
    if (record.logger === "access") this.#access(accessLogValues(record));
    const event = wasmEvent(record);
    if (event !== null) this.#trace?.add(event, record.thread);
    if (event?.kind === "log") this.#log({ level: levels[event.level], message: event.message });
    else if (event?.kind === "failure") this.#heard.failures.push(event.message);
    else if (event?.kind === "hostCall") this.abiCalls.add(event.name.replace(/^env\./, ""));
    else if (event?.kind === "call") this.#call(event, this.#openOn(record.thread));
    else if (event?.kind === "return") this.#return(event, this.#openOn(record.thread));
  }

  /** Resolves when the next connection and its streams are gone. */
  connectionGone(): Promise<void> {
    return new Promise((resolve) => {
      this.#onConnectionGone = resolve;
    });
  }

  /** Returns what was heard since the last time. */
  take(): Heard {
    const heard = this.#heard;
    this.#heard = silence();
    this.#open.clear();
    return this.#trace === null ? heard : { ...heard, trace: this.#trace.take() };
  }

  #log(line: LogLine): void {
    this.logs.push(line);
    this.#heard.logs.push(line);
  }

  #access([kind, ...values]: readonly string[]): void {
    if (kind === "connection") {
      this.#heard.hasUpstream = values[0] !== "-";
      this.#onConnectionGone();
    } else if (this.#heard.details === null) {
      this.#heard.details = values[0] ?? "-";
      this.#heard.upstreamBytes = Number(values[1]);
      this.#heard.filterState = values.slice(2);
    }
  }

  #openOn(thread: string): OpenCall[] {
    const open = this.#open.get(thread) ?? [];
    this.#open.set(thread, open);
    return open;
  }

  #call({ name, arguments: values }: WasmEvent & { kind: "call" }, open: OpenCall[]): void {
    this.abiCalls.add(name);
    const isOfStream =
      name.startsWith("proxy_on_") &&
      !rootCallbacks.has(name) &&
      name !== "proxy_on_memory_allocate" &&
      !(name === "proxy_on_context_create" && values[1] === 0);
    open.push({ name, at: isOfStream ? this.#heard.callbacks.length : null });
    if (isOfStream) this.#heard.callbacks.push({ name, arguments: values });
  }

  /** Calls inside of the returning one that are still open have trapped. */
  #return({ name, result }: WasmEvent & { kind: "return" }, open: OpenCall[]): void {
    const depth = open.findLastIndex((call) => call.name === name);
    if (depth < 0) return;
    const at = open[depth]?.at ?? null;
    open.length = depth;
    const callback = at === null ? undefined : this.#heard.callbacks[at];
    if (at !== null && callback !== undefined && result !== undefined)
      this.#heard.callbacks[at] = { ...callback, result };
  }
}

const silence = (): Heard => ({
  logs: [],
  callbacks: [],
  failures: [],
  details: null,
  upstreamBytes: 0,
  filterState: [],
  hasUpstream: false,
});
