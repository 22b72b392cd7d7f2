/** The engine over our own host: no network, no process, any wall clock. */
import { readFile } from "node:fs/promises";
import {
  HeaderMap,
  Host,
  HttpContext,
  type HttpStream,
  LoadError,
  type LoadedModule,
  loadModule,
  type PluginOptions,
  PluginRefused,
  realClock,
  requestHeaders,
  type StreamResult,
  shiftedClock,
} from "@proxy-wasm-kit/host";
import {
  type CallbackRecord,
  ConfigurationRefused,
  type Engine,
  type Exchange,
  type FilterSpec,
  type HeaderLine,
  type LogLine,
  logLevels,
  type ProxyOptions,
  type ProxyRequest,
  type RunningProxy,
} from "./types.ts";
import { framed } from "./upstream.ts";
import { withoutVolatileRequestLines, withoutVolatileResponseLines } from "./volatile.ts";

/** A stream nothing happens on for so long counts as hanging, and its client goes away. */
const patienceMs = 10_000;
/** The largest DATA frame an HTTP/2 client sends without being told otherwise (RFC 9113, section 6.5.2). */
const maxFrameBytes = 16_384;
/** Envoy hands over an HTTP/1 body as it has arrived, however large: 300 kB in one callback on Envoy 1.39.3. */
const maxPieceBytes = { http1: Number.POSITIVE_INFINITY, http2: maxFrameBytes };

const modules = new Map<string, Promise<LoadedModule>>();

/** What is heard of the modules; emptied by whoever reports it. */
class Record {
  logs: LogLine[] = [];
  callbacks: CallbackRecord[] = [];
  hostLogs: string[] = [];

  /** Returns what was heard since the last time. */
  take(): { logs: LogLine[]; callbacks: CallbackRecord[] } {
    const { logs, callbacks } = this;
    this.logs = [];
    this.callbacks = [];
    return { logs, callbacks };
  }
}

export const hostEngine: Engine = {
  name: "host",
  title: `host (V8 ${process.versions.v8})`,
  async start(options: ProxyOptions): Promise<RunningProxy> {
    const record = new Record();
    try {
      const host = await startHost(options, record);
      return new HostProxy(host, options.protocol ?? "http1", record);
    } catch (error) {
      if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
      throw new ConfigurationRefused([error.message, ...record.hostLogs].join("\n"), record.logs);
    }
  },
};

async function startHost(options: ProxyOptions, record: Record): Promise<Host> {
  return Host.start({
    plugins: await Promise.all(options.filters.map(pluginOf)),
    upstream: async () => framed(options.upstream ?? { status: 200, body: "ok\n" }),
    clock: options.now === undefined ? realClock : shiftedClock(options.now),
    logLevel: logLevels.indexOf(options.logLevel ?? "trace") as 0 | 1 | 2 | 3 | 4 | 5,
    upgrades: options.upgrades ?? [],
    ...(options.bufferLimitBytes === undefined ? {} : { bufferLimitBytes: options.bufferLimitBytes }),
    onLog: ({ level, message }) => record.logs.push({ level: logLevels[level] ?? "info", message }),
    onHostLog: (message) => record.hostLogs.push(message),
    onCallback({ context, name, arguments: values, result }) {
      if (!(context instanceof HttpContext)) return;
      record.callbacks.push({ name, arguments: values, ...(result === undefined ? {} : { result }) });
    },
  });
}

async function pluginOf(filter: FilterSpec): Promise<PluginOptions> {
  const { name, wasm, rootId, configuration, environment, failurePolicy, allowOnHeadersStopIteration } = filter;
  const isRaw = typeof configuration === "string" || configuration instanceof Uint8Array;
  return {
    name,
    module: await moduleAt(wasm),
    rootId: rootId ?? name,
    configuration: isRaw ? configuration : configuration === undefined ? "" : JSON.stringify(configuration),
    environment: environment ?? {},
    failurePolicy: failurePolicy ?? "FAIL_CLOSED",
    allowOnHeadersStopIteration: allowOnHeadersStopIteration ?? true,
  };
}

/** Compiled once for each content of the file. */
async function moduleAt(path: string): Promise<LoadedModule> {
  const bytes = await readFile(path);
  const key = Buffer.from(await crypto.subtle.digest("SHA-256", bytes)).toString("hex");
  const module = modules.get(key) ?? loadModule(bytes);
  modules.set(key, module);
  return module;
}

class HostProxy implements RunningProxy {
  readonly startLogs: readonly LogLine[];
  readonly #host: Host;
  readonly #protocol: "http1" | "http2";
  readonly #record: Record;

  constructor(host: Host, protocol: "http1" | "http2", record: Record) {
    this.#host = host;
    this.#protocol = protocol;
    this.#record = record;
    this.startLogs = record.take().logs;
  }

  async send(request: ProxyRequest): Promise<Exchange> {
    this.#record.take();
    const stream = await this.#host.openStream(this.#protocol);
    const timer = setTimeout(() => stream.reset(), patienceMs);
    await feed(stream, request, this.#protocol);
    const result = await stream.finished;
    clearTimeout(timer);
    return { ...this.#withoutVolatile(result), ...this.#record.take(), calls: [] };
  }

  async connect(): Promise<never> {
    throw new Error("there are no network filters");
  }

  async waitFor(): Promise<never> {
    throw new Error("not yet");
  }

  async metrics(): Promise<{ [name: string]: number }> {
    return Object.fromEntries(Array.from(this.#host.metrics(), ([name, value]) => [name, Number(value)]));
  }

  async close(): Promise<void> {
    this.#host.close();
  }

  #withoutVolatile(result: StreamResult): Omit<Exchange, "logs" | "callbacks" | "calls"> {
    const { upstream } = result;
    return {
      ...result,
      headers: withoutVolatileResponseLines(result.headers),
      upstream: upstream && { ...upstream, headers: withoutVolatileRequestLines(upstream.headers) },
    };
  }
}

/** Gives a stream its request as the network would: what arrives together in one go, the rest with turns between. */
async function feed(stream: HttpStream, request: ProxyRequest, protocol: "http1" | "http2"): Promise<void> {
  const { method = "GET", path = "/", authority = "example.com", body, trailers, unfinished = false } = request;
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  const pieces = (isWhole ? [body] : (body ?? []))
    .map((piece) => Buffer.from(piece))
    .filter(({ length }) => length > 0);
  const headers = [...(request.headers ?? [])];
  if (isWhole && !has(headers, "content-length")) headers.push(["content-length", String(pieces[0]?.length ?? 0)]);
  const isBodiless = !unfinished && pieces.length === 0 && trailers === undefined && (body === undefined || isWhole);
  stream.requestHeaders(requestHeaders({ method, path, authority, headers }), isBodiless);
  if (isBodiless) return;
  // A client that cuts the body in pieces, or has nothing to send yet, sends the headers ahead.
  if (!isWhole) await turn();
  const endsWithData = isWhole && protocol === "http2" && trailers === undefined && !unfinished;
  for (const piece of pieces) {
    feedPiece(stream, piece, protocol, endsWithData);
    if (!isWhole) await turn();
  }
  if (unfinished || endsWithData) return;
  if (trailers === undefined) stream.requestData(new Uint8Array(), true);
  else stream.requestTrailers(new HeaderMap("trailers", trailers));
}

function feedPiece(stream: HttpStream, piece: Uint8Array, protocol: "http1" | "http2", isLast: boolean): void {
  const max = maxPieceBytes[protocol];
  for (let at = 0; at < piece.length; at += max) {
    stream.requestData(piece.subarray(at, at + max), isLast && at + max >= piece.length);
  }
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

const has = (lines: readonly HeaderLine[], name: string) => lines.some(([other]) => other.toLowerCase() === name);
