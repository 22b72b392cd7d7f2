/** A running Envoy with what surrounds it, as a proxy; for every engine over Envoy. */
import { once } from "node:events";
import { connect } from "node:net";
import type { EnvoyProcess } from "@proxy-wasm-kit/envoy";
import { send } from "./client.ts";
import { sendTcp } from "./client-tcp.ts";
import type { ClusterServers } from "./cluster-servers.ts";
import type { EnvoyRecorder } from "./envoy-recorder.ts";
import type { RecordingTcpUpstream } from "./tcp-upstream.ts";
import type { Exchange, ProxyRequest, RunningProxy, TcpExchange, TcpRequest } from "./types.ts";
import type { RecordingUpstream } from "./upstream.ts";
import { withoutVolatileRequestLines, withoutVolatileResponseLines } from "./volatile.ts";
import { waitFor } from "./wait-for.ts";

const defaultPatienceMs = 10_000;

export interface EnvoyEngineOptions {
  /**
   * A client that has no whole response after so many milliseconds goes away; an Envoy that has not noticed after as
   * many again is stuck in a filter, and is ended. Default: 10000.
   */
  readonly patienceMs?: number;
}

/** `recorder` has been given all of Envoy's log; its listeners' access logs write `accessLog`. */
export interface EnvoyProxyParts extends EnvoyEngineOptions {
  readonly envoy: EnvoyProcess;
  readonly recorder: EnvoyRecorder;
  /** Where the listener sends what its filters let through. */
  readonly upstream: RecordingUpstream;
  readonly clusters: ClusterServers;
  /** Of the HTTP listener. */
  readonly port: number;
  readonly protocol: "http1" | "http2";
  /** Names that exchanges tell. */
  readonly filterState: readonly string[];
  /** Absent without network filters. */
  readonly tcp?: { readonly port: number; readonly upstream: RecordingTcpUpstream };
}

/** Resolves when the listeners' filters run. `close` ends Envoy; the rest belongs to the caller. */
export async function createEnvoyProxy(parts: EnvoyProxyParts): Promise<RunningProxy> {
  const {
    envoy,
    recorder,
    upstream,
    clusters,
    port,
    protocol,
    filterState,
    tcp,
    patienceMs = defaultPatienceMs,
  } = parts;
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
  const metrics = () => envoy.admin.wasmMetrics();

  return {
    startLogs,
    logs: recorder.logs,
    abiCalls: recorder.abiCalls,
    metrics,
    async send(request: ProxyRequest): Promise<Exchange> {
      recorder.take();
      upstream.forget();
      const callsBefore = clusters.calls().length;
      const response = await connection(
        () => send(port, protocol, request, request.patienceMs ?? patienceMs),
        patienceMs,
      );
      const { logs, callbacks, failures, trace, details, upstreamBytes, filterState: states } = recorder.take();
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
        filterState: Object.fromEntries(
          filterState.flatMap((name, at) =>
            states[at] === undefined || states[at] === "-" ? [] : [[name, states[at]]],
          ),
        ),
        upstream: received && { ...received, headers: withoutVolatileRequestLines(received.headers) },
        logs,
        callbacks,
        failures,
        ...(trace && { trace }),
        calls: clusters.calls().slice(callsBefore),
      };
    },
    async connect(request: TcpRequest): Promise<TcpExchange> {
      if (tcp === undefined) throw new Error("connections need network filters, and this proxy has none");
      recorder.take();
      tcp.upstream.forget();
      const callsBefore = clusters.calls().length;
      const seen = await connection(() => sendTcp(tcp.port, request, patienceMs), patienceMs);
      const { logs, callbacks, failures, trace, hasUpstream } = recorder.take();
      return {
        ...seen,
        upstream: hasUpstream ? await tcp.upstream.received() : null,
        logs,
        callbacks,
        failures,
        ...(trace && { trace }),
        calls: clusters.calls().slice(callsBefore),
      };
    },
    waitFor: (condition) =>
      waitFor(async () => ({ metrics: await metrics(), logs: [...recorder.logs], calls: clusters.calls() }), condition),
    close: () => envoy.stop(),
  };
}

/** Opens a connection and closes it. */
async function touch(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.end();
}
