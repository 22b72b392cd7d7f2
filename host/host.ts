/** Plugins, their VMs and their streams: wires the other files, decides nothing of what a filter can observe. */
import { LogLevel } from "./abi.ts";
import { type ByteString, encode, fromText, toText } from "./byte-string.ts";
import { type Clock, realClock } from "./clock.ts";
import { type Protocol, type RequestHead, requestHeaders } from "./connection-manager.ts";
import { RootContext } from "./context.ts";
import { GrpcCallouts, type GrpcCluster } from "./grpc-callouts.ts";
import { type Cluster, HttpCallouts } from "./http-callouts.ts";
import { Metrics } from "./metrics.ts";
import { LoadError, type LoadedModule } from "./module.ts";
import type { FailurePolicy, Plugin } from "./plugin.ts";
import { StreamInfo } from "./properties.ts";
import { SharedData } from "./shared-data.ts";
import { SharedQueues } from "./shared-queue.ts";
import { HttpStream, type Upstream } from "./stream.ts";
import { type Callback, type HostServices, Vm } from "./vm.ts";

export interface PluginOptions {
  readonly name: string;
  readonly module: LoadedModule;
  /** Default: `name`. */
  readonly rootId?: string;
  /** Default: none. Plugins with the same VM id, VM configuration and module share a VM. */
  readonly vmId?: string;
  readonly vmConfiguration?: string | Uint8Array;
  readonly configuration?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: "FAIL_CLOSED". */
  readonly failurePolicy?: FailurePolicy;
  /** Default: false, as in Envoy. */
  readonly allowOnHeadersStopIteration?: boolean;
}

/** A line a module has logged. */
export interface GuestLog {
  readonly level: LogLevel;
  /** Who logged, such as ` name root_id`. */
  readonly prefix: string;
  readonly message: string;
}

export interface HostOptions {
  /** The filters, in the order requests pass them. */
  readonly plugins: readonly PluginOptions[];
  readonly upstream: Upstream;
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
  readonly onLog?: (log: GuestLog) => void;
  /** What Envoy itself would log, such as a trap. */
  readonly onHostLog?: (message: string) => void;
  readonly onCallback?: (callback: Callback) => void;
}

/** A plugin did not start or refused its configuration: Envoy would not take the listener. */
export class PluginRefused extends Error {
  override readonly name = "PluginRefused";
}

/** A plugin with what it takes to start its VM again. */
interface Installed {
  readonly plugin: Plugin;
  readonly options: PluginOptions;
  readonly vmKey: string;
  readonly rootKey: string;
}

/** VMs and root contexts of one thread. */
class Thread {
  readonly #vms = new Map<string, Promise<Vm>>();
  readonly #roots = new Map<string, RootContext>();
  readonly #services: HostServices;

  constructor(services: HostServices) {
    this.#services = services;
  }

  /** The root context of a plugin, started when new. Throws `PluginRefused`, `LoadError`. */
  async install(installed: Installed): Promise<RootContext> {
    const key = `${installed.vmKey} ${installed.rootKey}`;
    const present = this.#roots.get(key);
    if (present !== undefined && present.vm.failure === null) return present;
    if (present !== undefined) this.#vms.delete(installed.vmKey);
    const vm = this.#vms.get(installed.vmKey) ?? this.#startVm(installed);
    this.#vms.set(installed.vmKey, vm);
    const root = new RootContext(await vm, installed.plugin);
    const refusal = root.start();
    if (refusal !== null) throw new PluginRefused(`Unable to create Wasm plugin ${installed.options.name}: ${refusal}`);
    this.#roots.set(key, root);
    return root;
  }

  close(): void {
    for (const root of this.#roots.values()) root.close();
  }

  /** Ends without a word to the guests, as Envoy drops its canary. */
  drop(): void {
    for (const root of this.#roots.values()) root.drop();
  }

  #startVm({ options, plugin }: Installed): Promise<Vm> {
    const environment = Object.entries(options.environment ?? {});
    return Vm.start(options.module, this.#services, {
      vmId: plugin.vmId,
      vmConfiguration: encode(options.vmConfiguration ?? ""),
      environment: new Map(environment.map(([name, value]) => [fromText(name), fromText(value)])),
    });
  }
}

/** Envoy tries a failed VM again after `reload_config.backoff.base_interval`. */
const reloadBackoffNs = 1_000_000_000n;

export class Host {
  readonly #options: HostOptions;
  readonly #services: HostServices;
  readonly #installed: readonly Installed[];
  readonly #main: Thread;
  readonly #worker: Thread;
  #roots: RootContext[] = [];
  #lastLoadNs: bigint[] = [];
  #nextConnectionId = 0n;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#services = services(options);
    this.#installed = options.plugins.map(install);
    this.#main = new Thread(this.#services);
    this.#worker = new Thread(this.#services);
  }

  /**
   * Starts every plugin where Envoy with one worker does: in a canary that is dropped, on the main thread, on the worker.
   * Throws `PluginRefused`, `LoadError`.
   */
  static async start(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    try {
      for (const installed of host.#installed) await host.#install(installed);
    } catch (error) {
      host.#main.drop();
      host.#worker.drop();
      throw error;
    }
    return host;
  }

  /** Opens a stream on a connection of its own. */
  async openStream(protocol: Protocol): Promise<HttpStream> {
    const { clock } = this.#services;
    const limit = this.#options.bufferLimitBytes ?? 1024 * 1024;
    const info = new StreamInfo({
      protocol: protocol === "http1" ? "HTTP/1.1" : "HTTP/2",
      connectionId: this.#nextConnectionId++,
      source: { ip: "127.0.0.1", port: 40000 },
      destination: { ip: "127.0.0.1", port: 10000 },
      startNs: clock.nowNs(),
    });
    return new HttpStream({
      roots: await this.#liveRoots(),
      info,
      clock,
      upstream: this.#options.upstream,
      upgrades: this.#options.upgrades ?? [],
      limits: { requestBytes: limit, responseBytes: limit },
    });
  }

  /** Sends a request whose body, if any, is one piece. */
  async send(
    head: RequestHead,
    body: string | Uint8Array = "",
    protocol: Protocol = "http1",
  ): Promise<Awaited<HttpStream["finished"]>> {
    const stream = await this.openStream(protocol);
    const bytes = encode(body);
    stream.requestHeaders(requestHeaders(head), bytes.length === 0);
    if (bytes.length > 0) stream.requestData(bytes, protocol === "http2");
    if (bytes.length > 0 && protocol === "http1") stream.requestData(new Uint8Array(), true);
    return stream.finished;
  }

  /** Counters and gauges by name. */
  metrics(): Map<string, bigint> {
    return new Map(Array.from(this.#services.metrics.values(), ([name, value]) => [toText(name), value]));
  }

  close(): void {
    this.#main.close();
    this.#worker.close();
  }

  async #install(installed: Installed): Promise<void> {
    const canary = new Thread(this.#services);
    try {
      await canary.install(installed);
    } finally {
      canary.drop();
    }
    await this.#main.install(installed);
    this.#roots.push(await this.#worker.install(installed));
    this.#lastLoadNs.push(this.#services.clock.monotonicNs());
  }

  /** The root contexts requests go to now: failed VMs are left out or reloaded as their policy says. */
  async #liveRoots(): Promise<RootContext[]> {
    for (const [at, installed] of this.#installed.entries()) await this.#reload(at, installed);
    return this.#roots.filter(({ vm, plugin }) => vm.failure === null || plugin.failurePolicy !== "FAIL_OPEN");
  }

  async #reload(at: number, installed: Installed): Promise<void> {
    const isFailed = this.#roots[at]?.vm.failure !== null;
    if (!isFailed || installed.plugin.failurePolicy !== "FAIL_RELOAD") return;
    const nowNs = this.#services.clock.monotonicNs();
    if (nowNs - (this.#lastLoadNs[at] ?? 0n) < reloadBackoffNs) return;
    this.#lastLoadNs[at] = nowNs;
    try {
      this.#roots[at] = await this.#worker.install(installed);
    } catch (error) {
      if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
      this.#services.hostLog(error.message);
    }
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
    random: (bytes) => crypto.getRandomValues(bytes),
    log: (level, prefix, message) => options.onLog?.({ level, prefix: toText(prefix), message: toText(message) }),
    hostLog: (message) => options.onHostLog?.(message),
    onCallback: (callback) => options.onCallback?.(callback),
  };
}

const byName = <T>(record: Readonly<Record<string, T>> = {}): Map<ByteString, T> =>
  new Map(Object.entries(record).map(([name, value]) => [fromText(name), value]));

const moduleIds = new WeakMap<LoadedModule, number>();
let nextModuleId = 1;

/** Modules are compared as objects: whoever loads the same bytes twice has two modules. */
function moduleId(module: LoadedModule): number {
  const id = moduleIds.get(module) ?? nextModuleId++;
  moduleIds.set(module, id);
  return id;
}

function install(options: PluginOptions): Installed {
  const text = (data: string | Uint8Array): ByteString => (typeof data === "string" ? fromText(data) : String(data));
  const plugin: Plugin = {
    name: fromText(options.name),
    rootId: fromText(options.rootId ?? options.name),
    vmId: fromText(options.vmId ?? ""),
    configuration: encode(options.configuration ?? ""),
    failurePolicy: options.failurePolicy ?? "FAIL_CLOSED",
    allowOnHeadersStopIteration: options.allowOnHeadersStopIteration ?? false,
  };
  return {
    plugin,
    options,
    vmKey: JSON.stringify([moduleId(options.module), plugin.vmId, text(options.vmConfiguration ?? "")]),
    rootKey: JSON.stringify([plugin.rootId, plugin.name, text(options.configuration ?? "")]),
  };
}
