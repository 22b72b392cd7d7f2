/** Plugins, their VMs and their streams: wires the other files, decides nothing of what a filter can observe. */
import { LogLevel } from "./abi.ts";
import type { Attributes } from "./attributes.ts";
import { type ByteString, encode, fromText, toText } from "./byte-string.ts";
import { type Clock, realClock } from "./clock.ts";
import { type Protocol, type RequestHead, requestHeaders } from "./connection-manager.ts";
import { FilterChain } from "./filter-chain.ts";
import { GrpcCallouts, type GrpcCluster } from "./grpc-callouts.ts";
import { type Cluster, HttpCallouts } from "./http-callouts.ts";
import { Metrics } from "./metrics.ts";
import { StreamInfo } from "./properties.ts";
import { SharedData } from "./shared-data.ts";
import { SharedQueues } from "./shared-queue.ts";
import { type EarlyUpstream, HttpStream, type Upstream } from "./stream.ts";
import { TcpConnection, type TcpUpstream } from "./tcp-connection.ts";
import { install, type PluginOptions, Thread } from "./thread.ts";
import { type TraceEvent, Tracer } from "./trace.ts";
import type { Callback, HostCall, HostServices } from "./vm.ts";

/** A line a module has logged. */
export interface GuestLog {
  readonly level: LogLevel;
  /** Who logged, such as ` name root_id`. */
  readonly prefix: string;
  readonly message: string;
}

export interface HostOptions {
  /** The HTTP filters, in the order requests pass them. */
  readonly plugins?: readonly PluginOptions[];
  /** The TCP filters, in the order connections pass them. */
  readonly networkPlugins?: readonly PluginOptions[];
  /** Singleton services: plugins without streams, each once, on the main thread. */
  readonly services?: readonly PluginOptions[];
  /** Where requests go. Default: nobody listens. */
  readonly upstream?: Upstream;
  /** Answers as soon as a request's headers are there. Default: `upstream` answers all. */
  readonly earlyUpstream?: EarlyUpstream;
  /** Where TCP connections go. Default: nobody listens. */
  readonly tcpUpstream?: TcpUpstream;
  /** Clusters filters may call, by name. */
  readonly clusters?: Readonly<Record<string, Cluster>>;
  /** Clusters with the gRPC services filters may call, by name. */
  readonly grpcClusters?: Readonly<Record<string, GrpcCluster>>;
  readonly clock?: Clock;
  /** Level of the `wasm` logger. Default: info. */
  readonly logLevel?: LogLevel;
  /** Of the listener and of the cluster, bytes; 0 = none. Default: 1 MiB, as in Envoy. */
  readonly bufferLimitBytes?: number;
  readonly upgrades?: readonly string[];
  /** Properties that no request can say, such as `{ xds: { node: { id: "a" } } }`; they stand before the host's own. */
  readonly attributes?: Attributes;
  readonly onLog?: (log: GuestLog) => void;
  /** What Envoy itself would log, such as a trap. */
  readonly onHostLog?: (message: string) => void;
  readonly onCallback?: (callback: Callback) => void;
  readonly onHostCall?: (call: HostCall) => void;
  /** Every call with its values in words, begun and returned; slow. It shows what the filter handles, secrets too. */
  readonly onTrace?: (event: TraceEvent) => void;
}

export class Host {
  readonly #options: HostOptions;
  #services: HostServices;
  #main: Thread;
  #worker: Thread;
  #filters: FilterChain;
  #networkFilters: FilterChain;
  #nextConnectionId = 0n;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#services = services(options);
    this.#main = new Thread(this.#services);
    this.#worker = new Thread(this.#services);
    this.#filters = new FilterChain(this.#services, this.#worker);
    this.#networkFilters = new FilterChain(this.#services, this.#worker);
  }

  /**
   * Starts every plugin where Envoy with one worker does: in a canary that is dropped, on the main thread, on the worker.
   * Throws `PluginRefused`, `LoadError`.
   */
  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    await host.#start();
    return host;
  }

  /**
   * As a host that has just been started with the same options, in microseconds: shared data, queues, metrics and timers
   * are new, and the guests start again in the instances they had. The clock goes on. Streams that are open are answered
   * as when their VM fails.
   */
  async reset(): Promise<void> {
    this.#drop();
    const fresh = new Host(this.#options);
    this.#services = fresh.#services;
    this.#main = fresh.#main;
    this.#worker = fresh.#worker;
    this.#filters = fresh.#filters;
    this.#networkFilters = fresh.#networkFilters;
    this.#nextConnectionId = 0n;
    await this.#start();
  }

  async #start(): Promise<void> {
    const { plugins = [], networkPlugins = [], services = [] } = this.#options;
    try {
      for (const plugin of plugins) await this.#install(plugin, this.#filters);
      for (const plugin of networkPlugins) await this.#install(plugin, this.#networkFilters);
      for (const service of services) await this.#install(service, null);
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  #drop(): void {
    this.#main.drop();
    this.#worker.drop();
  }

  /** Opens a stream on a connection of its own. */
  async openStream(protocol: Protocol): Promise<HttpStream> {
    const { clock } = this.#services;
    const limit = this.#options.bufferLimitBytes ?? 1024 * 1024;
    return new HttpStream({
      roots: await this.#filters.liveRoots(),
      info: this.#streamInfo(protocol === "http1" ? "HTTP/1.1" : "HTTP/2"),
      clock,
      upstream: this.#options.upstream ?? (() => Promise.reject(new Error("nobody listens"))),
      earlyUpstream: this.#options.earlyUpstream ?? (() => null),
      upgrades: this.#options.upgrades ?? [],
      limits: { requestBytes: limit, responseBytes: limit },
    });
  }

  /** Opens a TCP connection through the network plugins. */
  async openConnection(): Promise<TcpConnection> {
    const roots = await this.#networkFilters.liveRoots();
    return new TcpConnection(roots, this.#streamInfo(null), this.#options.tcpUpstream ?? null);
  }

  /** Sends a request whose body, if any, is one piece. */
  async send(
    head: RequestHead,
    body: string | Uint8Array = "",
    protocol: Protocol = "http1",
  ): Promise<Awaited<HttpStream["finished"]>> {
    const stream = await this.openStream(protocol);
    const bytes = encode(body);
    stream.requestHeaders(requestHeaders(head, protocol), bytes.length === 0);
    if (bytes.length > 0) stream.requestData(bytes, protocol === "http2");
    if (bytes.length > 0 && protocol === "http1") stream.requestData(new Uint8Array(), true);
    return stream.finished;
  }

  /** Counters and gauges by name. */
  metrics(): Map<string, bigint> {
    return new Map(Array.from(this.#services.metrics.values(), ([name, value]) => [toText(name), value]));
  }

  /** Memory of the guests on the worker, in bytes. */
  guestMemoryBytes(): number {
    return this.#worker.memoryBytes();
  }

  close(): void {
    this.#main.close();
    this.#worker.close();
  }

  /** `chain` is null for a service, which the worker does not run. */
  async #install(options: PluginOptions, chain: FilterChain | null): Promise<void> {
    const installed = install(options);
    const canary = new Thread(this.#services);
    try {
      await canary.install(installed);
    } finally {
      canary.drop();
    }
    await this.#main.install(installed);
    await chain?.add(installed);
  }

  #streamInfo(protocol: StreamInfo["protocol"]): StreamInfo {
    return new StreamInfo({
      protocol,
      connectionId: this.#nextConnectionId++,
      source: { ip: "127.0.0.1", port: 40000 },
      destination: { ip: "127.0.0.1", port: 10000 },
      startNs: this.#services.clock.nowNs(),
    });
  }
}

function services(options: HostOptions): HostServices {
  const clock = options.clock ?? realClock;
  return {
    clock,
    sharedData: new SharedData(),
    queues: new SharedQueues(),
    metrics: new Metrics(),
    callouts: new HttpCallouts(byName(options.clusters), clock),
    grpc: new GrpcCallouts(byName(options.grpcClusters), clock),
    logLevel: options.logLevel ?? LogLevel.Info,
    attributes: options.attributes ?? {},
    random: (bytes) => crypto.getRandomValues(bytes),
    log: (level, prefix, message) => options.onLog?.({ level, prefix: toText(prefix), message: toText(message) }),
    hostLog: (message) => options.onHostLog?.(message),
    onCallback: (callback) => options.onCallback?.(callback),
    onHostCall: (call) => options.onHostCall?.(call),
    tracer: options.onTrace === undefined ? null : new Tracer(options.onTrace),
  };
}

const byName = <T>(record: Readonly<Record<string, T>> = {}): Map<ByteString, T> =>
  new Map(Object.entries(record).map(([name, value]) => [fromText(name), value]));
