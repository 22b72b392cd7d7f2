/** The engine over a real Envoy: one process for each proxy, filters in V8, everything over loopback. */
import { resolve } from "node:path";
import {
  bootstrap,
  EnvoyProcess,
  EnvoyRefused,
  findEnvoy,
  listenerName,
  tcpListenerName,
  type WasmFilter,
} from "@proxy-wasm-kit/envoy";
import { createEnvoyProxy, type EnvoyEngineOptions } from "./envoy-proxy.ts";
import { accessLogOf, EnvoyRecorder } from "./envoy-recorder.ts";
import { type Surroundings, startSurroundings } from "./surroundings.ts";
import { ConfigurationRefused, type Engine, type FilterSpec, type ProxyOptions, type RunningProxy } from "./types.ts";
import { upstreamProtocol } from "./upstream.ts";

const freePort = { host: "127.0.0.1", port: 0 };

/** Finds, or installs, Envoy. Throws `NoEnvoy`, with why and what to do, when there is none to be had. */
export async function envoyEngine(engineOptions: EnvoyEngineOptions = {}): Promise<Engine> {
  const { binary, version } = await findEnvoy();
  return {
    name: "envoy",
    title: `envoy ${version}`,
    envoyVersion: version,
    start: (options) => start(binary, engineOptions, options),
  };
}

async function start(binary: string, engineOptions: EnvoyEngineOptions, options: ProxyOptions): Promise<RunningProxy> {
  if (options.now !== undefined || options.clock !== undefined) {
    throw new Error("envoy reads the real clock: `now` and `clock` need the host engine");
  }
  const around = await startSurroundings(options);
  const { upstream, clusters, tcpUpstream } = around;
  const recorder = new EnvoyRecorder({ trace: options.trace ?? false });
  const level = options.logLevel ?? "trace";
  try {
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: bootstrapOf(options, around),
      componentLogLevels: { wasm: level === "warn" ? "warning" : level },
      onRecord: (record) => recorder.add(record),
    });
    const proxy = await createEnvoyProxy({
      ...engineOptions,
      ...{ envoy, recorder, upstream, clusters },
      port: await envoy.admin.port(listenerName),
      protocol: options.protocol ?? "http1",
      filterState: options.filterState ?? [],
      ...(tcpUpstream && { tcp: { port: await envoy.admin.port(tcpListenerName), upstream: tcpUpstream } }),
    });
    return {
      ...proxy,
      async close(): Promise<void> {
        await proxy.close();
        await around.close();
      },
    };
  } catch (error) {
    await around.close();
    if (error instanceof EnvoyRefused) {
      const { logs, trace } = recorder.take();
      throw new ConfigurationRefused(error.message, logs, trace);
    }
    throw error;
  }
}

function bootstrapOf(options: ProxyOptions, { upstream, clusters, tcpUpstream }: Surroundings): object {
  const { networkFilters = [], services = [], upgrades = [], bufferLimitBytes } = options;
  const at = ({ port }: { readonly port: number }) => ({ host: "127.0.0.1", port });
  return bootstrap({
    upstreamProtocol: upstreamProtocol(options.upstream),
    filters: options.filters.map(wasmFilter),
    ...{ listen: freePort, admin: freePort, upstream: at(upstream), upgrades },
    accessLog: accessLogOf(options),
    services: services.map(wasmFilter),
    clusters: clusters.addresses,
    ...(tcpUpstream && {
      tcp: { filters: networkFilters.map(wasmFilter), listen: freePort, upstream: at(tcpUpstream) },
    }),
    ...(bufferLimitBytes !== undefined && { bufferLimitBytes }),
  });
}

/** With the defaults of `FilterSpec`, which are not all Envoy's. */
export function wasmFilter(filter: FilterSpec): WasmFilter {
  const { name, wasm, vmId, configuration, environment } = filter;
  const isRaw = typeof configuration === "string" || configuration instanceof Uint8Array;
  return {
    name,
    file: resolve(wasm),
    rootId: filter.rootId ?? name,
    failurePolicy: filter.failurePolicy ?? "FAIL_CLOSED",
    allowOnHeadersStopIteration: filter.allowOnHeadersStopIteration ?? true,
    ...(vmId !== undefined && { vmId }),
    ...(environment !== undefined && { environment }),
    ...(configuration !== undefined && { configuration: isRaw ? configuration : JSON.stringify(configuration) }),
  };
}
