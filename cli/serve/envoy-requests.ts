/**
 * Envoy's log as requests. The access log tells how each has ended; the loggers `http` and `wasm`, which write in the order
 * things happen on a thread, tell what was asked and which filter's line belongs to it.
 */
import { accessLogValues, type LogRecord, rootCallbacks, type WasmEvent, wasmEvent } from "@proxy-wasm-kit/envoy";
import type { LogLine } from "@proxy-wasm-kit/testing";
import type { Listener, ServedRequest } from "./engine.ts";

/** For `bootstrap`: what `EnvoyRequests` has to be told. */
export const accessLog = {
  stream: [
    ...["stream", "%CONNECTION_ID%", "%RESPONSE_CODE%", "%RESPONSE_CODE_DETAILS%", "%DURATION%"],
    ...["%REQ(:METHOD)%", "%REQ(:PATH)%", "%REQ(:AUTHORITY)%"],
  ],
  connection: ["connection"],
};

interface Stream {
  readonly connection: string;
  readonly head: Pick<ServedRequest, "method" | "path" | "authority">;
  readonly logs: LogLine[];
  readonly failures: string[];
}

/** A call into a module that has not returned, and the stream that it is for. */
interface OpenCall {
  readonly name: string;
  stream: Stream | null;
}

/** What is happening on one of Envoy's threads. */
interface Thread {
  /** The stream that was heard of last: contexts that are new belong to it. */
  current: Stream | null;
  /** By the id of a filter's context. */
  readonly contexts: Map<number, Stream>;
  readonly calls: OpenCall[];
}

/** With these a filter starts; Envoy starts each on several threads. */
const startCallbacks = new Set(["_initialize", "_start", "proxy_on_vm_start", "proxy_on_configure"]);

export class EnvoyRequests {
  /** What the filters logged while they started, each line once. */
  readonly startLogs: LogLine[] = [];
  readonly #listener: Listener;
  #isStarted = false;
  readonly #threads = new Map<string, Thread>();
  /** Those that are not over, by connection and by their own id. */
  readonly #streams = new Map<string, Map<string, Stream>>();

  constructor(listener: Listener) {
    this.#listener = listener;
  }

  /** The filters have been taken: what they logged before is no part of a refusal. */
  started(): void {
    this.#isStarted = true;
    for (const line of this.startLogs) this.#listener.log(line);
  }

  add(record: LogRecord): void {
    if (record.logger === "access") this.#access(accessLogValues(record));
    else if (record.logger === "http") this.#http(record);
    else if (record.logger === "wasm") {
      const event = wasmEvent(record);
      if (event !== null) this.#wasm(event, this.#threadOf(record));
    }
  }

  #threadOf({ thread: id }: LogRecord): Thread {
    const thread = this.#threads.get(id) ?? { current: null, contexts: new Map(), calls: [] };
    this.#threads.set(id, thread);
    return thread;
  }

  #http(record: LogRecord): void {
    const [tags, connection, id] = /^\[Tags: "ConnectionId":"(\d+)","StreamId":"(\d+)"\] /.exec(record.message) ?? [];
    if (tags === undefined || connection === undefined || id === undefined) return;
    const streams = this.#streams.get(connection) ?? new Map<string, Stream>();
    const text = record.message.slice(tags.length);
    if (text.startsWith("request headers complete")) {
      const head = { method: headerOf(text, ":method"), path: headerOf(text, ":path") };
      streams.set(id, {
        connection,
        head: { ...head, authority: headerOf(text, ":authority") },
        ...{ logs: [], failures: [] },
      });
      this.#streams.set(connection, streams);
    }
    this.#threadOf(record).current = streams.get(id) ?? null;
  }

  #wasm(event: WasmEvent, thread: Thread): void {
    const { calls } = thread;
    const inner = calls.at(-1);
    if (event.kind === "call") {
      calls.push({ name: event.name, stream: this.#streamOf(event, thread) });
    } else if (event.kind === "return") {
      const depth = calls.findLastIndex(({ name }) => name === event.name);
      if (depth >= 0) calls.length = depth;
    } else if (event.kind === "failure") {
      inner?.stream?.failures.push(event.message);
      if (!inner?.stream) this.#listener.log({ level: "critical", message: event.message });
      calls.pop();
    } else if (event.kind === "hostCall" && event.name === "env.proxy_set_effective_context" && inner !== undefined) {
      inner.stream = thread.contexts.get(event.arguments[0] ?? 0) ?? inner.stream;
      thread.current = inner.stream;
    } else if (event.kind === "log") {
      const level = event.level === "warning" ? "warn" : event.level;
      this.#log({ level, message: event.message }, inner);
    }
  }

  #streamOf({ name, arguments: values }: WasmEvent & { kind: "call" }, thread: Thread): Stream | null {
    // Inside of a call that is for a stream, such as one for memory.
    if (!name.startsWith("proxy_on_") || name === "proxy_on_memory_allocate")
      return thread.calls.at(-1)?.stream ?? null;
    if (startCallbacks.has(name) || rootCallbacks.has(name)) return null;
    const [context = 0, parent = 0] = values;
    if (name === "proxy_on_context_create") {
      thread.contexts.delete(context);
      if (parent === 0) return null;
    }
    const known = thread.contexts.get(context);
    if (known !== undefined) {
      thread.current = known;
      if (name === "proxy_on_delete") thread.contexts.delete(context);
      return known;
    }
    if (thread.current !== null && name !== "proxy_on_delete") thread.contexts.set(context, thread.current);
    return thread.current;
  }

  #log(line: LogLine, call: OpenCall | undefined): void {
    if (call?.stream) call.stream.logs.push(line);
    else if (call === undefined || (rootCallbacks.has(call.name) && !startCallbacks.has(call.name)))
      this.#listener.log(line);
    else if (!this.startLogs.some(({ level, message }) => level === line.level && message === line.message)) {
      this.startLogs.push(line);
      if (this.#isStarted) this.#listener.log(line);
    }
  }

  #access([kind, connection = "", ...values]: readonly string[]): void {
    if (kind !== "stream") return;
    const streams = this.#streams.get(connection) ?? new Map<string, Stream>();
    const [status = "0", details = "-", duration = "0", method = "-", path = "-", authority = "-"] = values;
    // Clients of HTTP/2 may have sent several at once: filters may have changed the path, so at worst it is the first.
    const [id, stream] =
      [...streams].find(([, { head }]) => head.path === path && head.method === method) ?? [...streams][0] ?? [];
    if (id !== undefined) streams.delete(id);
    if (streams.size === 0) this.#streams.delete(connection);
    const { head = { method, path, authority }, logs = [], failures = [] } = stream ?? {};
    this.#listener.request({
      ...head,
      status: Number(status),
      outcome: outcomeOf(Number(status), details),
      details: details === "-" ? null : details,
      ms: Number(duration),
      ...{ logs, failures },
    });
  }
}

function outcomeOf(status: number, details: string): ServedRequest["outcome"] {
  // What changed its protocol ends by one side hanging up.
  if (details === "via_upstream" || status === 101) return "forwarded";
  return status === 0 || /^(downstream_|upstream_reset_after_)|^http\d\.downstream/.test(details) ? "reset" : "local";
}

/** Of a header among lines such as "':path', '/a'". */
const headerOf = (text: string, name: string): string => {
  const begin = `'${name}', '`;
  const line = text.split("\n").find((each) => each.startsWith(begin));
  return line === undefined ? "-" : line.slice(begin.length, -1);
};
