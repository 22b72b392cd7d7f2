/** The engine over our own host: no network, no process, any wall clock. */
import { readFile } from "node:fs/promises";
import {
  Host,
  type HostOptions,
  type UpstreamResponse as HostResponse,
  LoadError,
  type LoadedModule,
  loadModule,
  type PluginOptions,
  PluginRefused,
  realClock,
  StreamContext,
  shiftedClock,
  type TcpUpstream,
} from "@proxy-wasm-kit/host";
import { saveCoverage } from "./coverage.ts";
import { HostClusters } from "./host-clusters.ts";
import { feed, turn, turnMs } from "./host-feed.ts";
import { type Heard, OpenStream, statesOf, withoutVolatile } from "./host-stream.ts";
import { isPieces, paced, pause } from "./pace.ts";
import { TraceTree } from "./trace.ts";
import {
  type CallbackRecord,
  ConfigurationRefused,
  type Engine,
  type Exchange,
  type FilterSpec,
  type LogLine,
  logLevels,
  type Observation,
  type ProxyOptions,
  type ProxyRequest,
  type RunningProxy,
  type TcpExchange,
  type TcpRequest,
  type UpstreamResponse,
} from "./types.ts";
import { answerOf, isHandler } from "./upstream.ts";
import { framed } from "./upstream-http1.ts";
import { withoutVolatileRequestLines } from "./volatile.ts";
import { waitFor } from "./wait-for.ts";

/** A stream nothing happens on for so long counts as hanging, and its client goes away. */
const patienceMs = 10_000;
const modules = new Map<string, Promise<LoadedModule>>();

/** What is heard of the modules; emptied by whoever reports it. */
class Record {
  logs: LogLine[] = [];
  callbacks: CallbackRecord[] = [];
  readonly allLogs: LogLine[] = [];
  failures: string[] = [];
  readonly hostLogs: string[] = [];
  readonly abiCalls = new Set<string>();
  /** Null when nobody wants it. */
  readonly tree: TraceTree | null;

  constructor(isTraced: boolean) {
    this.tree = isTraced ? new TraceTree() : null;
  }

  log(line: LogLine): void {
    this.logs.push(line);
    this.allLogs.push(line);
  }

  hostLog(message: string): void {
    this.hostLogs.push(message);
    if (/^Function: \w+ failed: /.test(message)) this.failures.push(message);
  }

  /** What was heard since the last time something was taken. */
  heard(): Omit<Heard, "calls"> {
    const { logs, callbacks, failures, tree } = this;
    return { logs: [...logs], callbacks: [...callbacks], failures: [...failures], ...(tree && { trace: tree.calls }) };
  }

  take(): Omit<Heard, "calls"> {
    const heard = this.heard();
    this.logs = [];
    this.callbacks = [];
    this.failures = [];
    this.tree?.take();
    return heard;
  }
}

export const hostEngine: Engine = {
  name: "host",
  title: `host (V8 ${process.versions.v8})`,
  async start(options: ProxyOptions): Promise<RunningProxy> {
    const record = new Record(options.trace ?? false);
    const clusters = new HostClusters(options.clusters);
    try {
      const host = await startHost(options, clusters, record);
      return new HostProxy(host, options, clusters, record);
    } catch (error) {
      await saveCoverage(modules.values());
      if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
      throw new ConfigurationRefused([error.message, ...record.hostLogs].join("\n"), record.logs, record.take().trace);
    }
  },
};

async function startHost(options: ProxyOptions, clusters: HostClusters, record: Record): Promise<Host> {
  const plugins = (filters: readonly FilterSpec[] = []) => Promise.all(filters.map(hostPlugin));
  return Host.start({
    plugins: await plugins(options.filters),
    networkPlugins: await plugins(options.networkFilters),
    services: await plugins(options.services),
    ...clusters.options,
    tcpUpstream: tcpUpstream(options.tcpUpstream),
    ...hostUpstream(options.upstream),
    clock: options.clock ?? (options.now === undefined ? realClock : shiftedClock(options.now)),
    logLevel: logLevels.indexOf(options.logLevel ?? "trace") as 0 | 1 | 2 | 3 | 4 | 5,
    upgrades: options.upgrades ?? [],
    ...(options.bufferLimitBytes === undefined ? {} : { bufferLimitBytes: options.bufferLimitBytes }),
    onLog: ({ level, message }) => record.log({ level: logLevels[level] ?? "info", message }),
    onHostLog: (message) => record.hostLog(message),
    onHostCall: ({ module, name }) => record.abiCalls.add(module === "env" ? name : `${module}.${name}`),
    ...(record.tree && { onTrace: (event) => record.tree?.add(event) }),
    onCallback({ context, name, arguments: values, result }) {
      record.abiCalls.add(name);
      if (!(context instanceof StreamContext)) return;
      record.callbacks.push({ name, arguments: values, ...(result === undefined ? {} : { result }) });
    },
  });
}

/** Which response a request gets is settled when its headers are there, unless it depends on the request. */
function hostUpstream(upstream: ProxyOptions["upstream"]): Required<Pick<HostOptions, "upstream" | "earlyUpstream">> {
  if (isHandler(upstream)) {
    return {
      earlyUpstream: () => null,
      upstream: async (request) =>
        hostResponse(await upstream.respond({ ...request, headers: withoutVolatileRequestLines(request.headers) })),
    };
  }
  const answer = answerOf(upstream);
  let response = answer();
  return {
    earlyUpstream: () => {
      response = answer();
      return response.early ? hostResponse(response) : null;
    },
    upstream: () => hostResponse(response),
  };
}

async function hostResponse(response: UpstreamResponse): Promise<HostResponse> {
  const { body = "", ...rest } = framed(response);
  await pause(response.delayMs);
  return { ...rest, body: isPieces(body) ? paced(body, response.paceMs ?? turnMs) : body };
}

/** With the defaults of `FilterSpec`. */
export async function hostPlugin(filter: FilterSpec): Promise<PluginOptions> {
  const { name, wasm, rootId, vmId, configuration, environment, failurePolicy, allowOnHeadersStopIteration } = filter;
  const isRaw = typeof configuration === "string" || configuration instanceof Uint8Array;
  return {
    name,
    module: await moduleAt(wasm),
    rootId: rootId ?? name,
    vmId: vmId ?? "",
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

const tcpUpstream =
  ({ reply = "echo", closes = false }: ProxyOptions["tcpUpstream"] = {}): TcpUpstream =>
  async (socket) => {
    let isFirst = true;
    for await (const piece of socket.received) {
      if (reply === "echo") socket.write(piece);
      else if (isFirst) socket.write(reply);
      isFirst = false;
      if (closes) socket.end();
    }
    socket.end();
  };

class HostProxy implements RunningProxy {
  readonly startLogs: readonly LogLine[];
  readonly abiCalls: ReadonlySet<string>;
  readonly logs: readonly LogLine[];
  readonly #host: Host;
  readonly #options: ProxyOptions;
  readonly #clusters: HostClusters;
  readonly #record: Record;

  constructor(host: Host, options: ProxyOptions, clusters: HostClusters, record: Record) {
    this.#host = host;
    this.#options = options;
    this.#clusters = clusters;
    this.#record = record;
    this.startLogs = record.take().logs;
    this.abiCalls = record.abiCalls;
    this.logs = record.allLogs;
  }

  async send(request: ProxyRequest): Promise<Exchange> {
    this.#record.take();
    const callsBefore = this.#clusters.calls().length;
    const { protocol = "http1" } = this.#options;
    const stream = await this.#host.openStream(protocol);
    const timer = setTimeout(() => stream.reset(), request.patienceMs ?? patienceMs);
    // A client hangs up when it has its response.
    stream.answered.then(() => turn()).then(() => stream.reset());
    await feed(stream, request, protocol);
    const result = await stream.finished;
    clearTimeout(timer);
    const calls = this.#clusters.calls().slice(callsBefore);
    return {
      ...withoutVolatile(result),
      filterState: statesOf(result, this.#options.filterState),
      ...this.#record.take(),
      calls,
    };
  }

  async open(): Promise<OpenStream> {
    this.#record.take();
    const callsBefore = this.#clusters.calls().length;
    const { protocol = "http1" } = this.#options;
    const stream = await this.#host.openStream(protocol);
    return new OpenStream(stream, this.#options, () => ({
      ...this.#record.heard(),
      calls: this.#clusters.calls().slice(callsBefore),
    }));
  }

  async connect({ pieces = [], unfinished = false }: TcpRequest): Promise<TcpExchange> {
    if (this.#options.networkFilters === undefined) {
      throw new Error("connections need network filters, and this proxy has none");
    }
    this.#record.take();
    const callsBefore = this.#clusters.calls().length;
    const connection = await this.#host.openConnection();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      connection.reset();
    }, patienceMs);
    for (const piece of pieces) {
      connection.write(piece);
      await turn();
    }
    if (!unfinished) connection.end();
    for await (const _ of connection.received);
    // A client that has been told the end has nothing more to say.
    connection.end();
    const result = await connection.finished;
    clearTimeout(timer);
    const calls = this.#clusters.calls().slice(callsBefore);
    return { ...result, end: isLate ? "open" : result.end, ...this.#record.take(), calls };
  }

  async metrics(): Promise<{ [name: string]: number }> {
    return Object.fromEntries(Array.from(this.#host.metrics(), ([name, value]) => [name, Number(value)]));
  }

  waitFor(condition: (seen: Observation) => boolean): Promise<Observation> {
    const look = async () => ({
      metrics: await this.metrics(),
      logs: [...this.#record.allLogs],
      calls: this.#clusters.calls(),
    });
    return waitFor(look, condition);
  }

  async close(): Promise<void> {
    this.#host.close();
    await saveCoverage(modules.values());
  }
}
