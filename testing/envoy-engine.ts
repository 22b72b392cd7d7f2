/** The engine over a real Envoy: one process for each proxy, filters in V8, HTTP over loopback. */
import { once } from "node:events";
import { connect } from "node:net";
import { resolve } from "node:path";
import { bootstrap, EnvoyProcess, EnvoyRefused, findEnvoy, listenerName, type WasmFilter } from "@proxy-wasm-kit/envoy";
import { send } from "./client.ts";
import { accessLog, EnvoyRecorder } from "./envoy-recorder.ts";
import {
  ConfigurationRefused,
  type Engine,
  type Exchange,
  type FilterSpec,
  type ProxyOptions,
  type ProxyRequest,
  type RunningProxy,
} from "./types.ts";
import { RecordingUpstream } from "./upstream.ts";
import { withoutVolatileRequestLines, withoutVolatileResponseLines } from "./volatile.ts";

const defaultPatienceMs = 10_000;

export interface EnvoyEngineOptions {
  /**
   * A client that has no whole response after so many milliseconds goes away; an Envoy that has not noticed after as
   * many again is stuck in a filter, and is ended. Default: 10000.
   */
  readonly patienceMs?: number;
}

/** Finds, or installs, Envoy. Throws `NoEnvoy`, with why and what to do, when there is none to be had. */
export async function envoyEngine({ patienceMs = defaultPatienceMs }: EnvoyEngineOptions = {}): Promise<Engine> {
  const { binary, version } = await findEnvoy();
  return {
    name: "envoy",
    title: `envoy ${version}`,
    envoyVersion: version,
    start: (options) => start(binary, patienceMs, options),
  };
}

async function start(binary: string, patienceMs: number, options: ProxyOptions): Promise<RunningProxy> {
  if (options.now !== undefined) throw new Error("envoy reads the real clock: `now` needs the host engine");
  const upstream = await RecordingUpstream.start(options.upstream);
  const recorder = new EnvoyRecorder();
  const level = options.logLevel ?? "trace";
  try {
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: bootstrap({
        filters: options.filters.map(wasmFilter),
        listen: { host: "127.0.0.1", port: 0 },
        admin: { host: "127.0.0.1", port: 0 },
        upstream: { host: "127.0.0.1", port: upstream.port },
        accessLog,
        upgrades: options.upgrades ?? [],
        ...(options.bufferLimitBytes === undefined ? {} : { bufferLimitBytes: options.bufferLimitBytes }),
      }),
      componentLogLevels: { wasm: level === "warn" ? "warning" : level },
      onRecord: (record) => recorder.add(record),
    });
    const port = await envoy.admin.port(listenerName);
    return await createEnvoyProxy({
      envoy,
      recorder,
      upstream,
      port,
      protocol: options.protocol ?? "http1",
      patienceMs,
    });
  } catch (error) {
    await upstream.close();
    if (error instanceof EnvoyRefused) throw new ConfigurationRefused(error.message, recorder.take().logs);
    throw error;
  }
}

function wasmFilter(filter: FilterSpec): WasmFilter {
  const { name, wasm, configuration, environment } = filter;
  const isRaw = typeof configuration === "string" || configuration instanceof Uint8Array;
  return {
    name,
    file: resolve(wasm),
    rootId: filter.rootId ?? name,
    failurePolicy: filter.failurePolicy ?? "FAIL_CLOSED",
    allowOnHeadersStopIteration: filter.allowOnHeadersStopIteration ?? true,
    ...(environment === undefined ? {} : { environment }),
    ...(configuration === undefined ? {} : { configuration: isRaw ? configuration : JSON.stringify(configuration) }),
  };
}

/** A running Envoy with what surrounds it; `recorder` has been given all of its log. */
export interface EnvoyProxyParts extends EnvoyEngineOptions {
  readonly envoy: EnvoyProcess;
  readonly recorder: EnvoyRecorder;
  /** Where the listener sends what its filters let through. */
  readonly upstream: RecordingUpstream;
  /** Of the listener; its access logs write `accessLog`. */
  readonly port: number;
  readonly protocol: "http1" | "http2";
}

/** Resolves when the listener's filters run. The proxy owns its parts: `close` ends them. */
export async function createEnvoyProxy(parts: EnvoyProxyParts): Promise<RunningProxy> {
  const { envoy, recorder, upstream, port, protocol, patienceMs = defaultPatienceMs } = parts;
  let isStuck = false;
  const died = envoy.ended.then((how): never => {
    if (!isStuck) throw new Error(`envoy ${how} while it served a request`);
    throw new Error("envoy was stuck and has been ended: look for a callback of a filter that does not return");
  });
  died.catch(() => {}); // Ending by `close` is no error.

  /** Resolves when all is heard of the connection that `act` opens and closes; after `stuckMs` more Envoy is ended. */
  async function connection<T>(act: () => Promise<T>, stuckMs: number): Promise<T> {
    const gone = recorder.connectionGone();
    const result = await act();
    const timer = setTimeout(() => {
      isStuck = true;
      envoy.kill();
    }, stuckMs);
    await Promise.race([gone, died]).finally(() => clearTimeout(timer));
    return result;
  }

  // Workers start their filters on their own time. A worker that has served a connection has started them.
  await connection(() => touch(port), defaultPatienceMs);
  const startLogs = recorder.take().logs;

  return {
    startLogs,
    async send(request: ProxyRequest): Promise<Exchange> {
      recorder.take();
      upstream.forget();
      const response = await connection(() => send(port, protocol, request, patienceMs), patienceMs);
      const { logs, callbacks, details, upstreamBytes } = recorder.take();
      const received = upstreamBytes > 0 ? await upstream.received() : null;
      // A connection that changed its protocol ends by one side hanging up, and that is what the details then say.
      const isForwarded = details === "via_upstream" || (response.status === 101 && received !== null);
      return {
        outcome: !response.isComplete ? "reset" : isForwarded ? "forwarded" : "local",
        details,
        status: response.status,
        headers: withoutVolatileResponseLines(response.headers),
        body: response.body,
        trailers: response.trailers,
        upstream: received && { ...received, headers: withoutVolatileRequestLines(received.headers) },
        logs,
        callbacks,
        calls: [],
      };
    },
    connect: () => Promise.reject(new Error("there are no network filters")),
    waitFor: () => Promise.reject(new Error("not yet")),
    metrics: () => envoy.admin.wasmMetrics(),
    async close(): Promise<void> {
      await envoy.stop();
      await upstream.close();
    },
  };
}

/** Opens a connection and closes it. */
async function touch(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.end();
}
