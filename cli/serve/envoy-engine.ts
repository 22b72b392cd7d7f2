/** A chain of filters in a real Envoy, one process for each. */
import { bootstrap, EnvoyProcess, EnvoyRefused, findEnvoy, listenerName } from "@proxy-wasm-kit/envoy";
import { ConfigurationRefused, type FilterSpec, wasmFilter } from "@proxy-wasm-kit/testing";
import type { Listener, RunningChain, ServingEngine, Surroundings } from "./engine.ts";
import { accessLog, EnvoyRequests } from "./envoy-requests.ts";

const freePort = { host: "127.0.0.1", port: 0 };

/**
 * An Envoy that has waited for this process to read its log finds the time over before it has written the answer, and drops it:
 * with 100 ms, requests were lost while filters were changed under load.
 */
const delayedCloseMs = 1000;

/** Throws `NoEnvoy` when there is none to be had. */
export async function envoyServing(): Promise<ServingEngine> {
  const { binary, version } = await findEnvoy();
  return {
    title: `envoy ${version}`,
    start: (filters, around, listener) => start(binary, filters, around, listener),
  };
}

async function start(
  binary: string,
  filters: readonly FilterSpec[],
  { upstream, clusters }: Surroundings,
  listener: Listener,
): Promise<RunningChain> {
  const requests = new EnvoyRequests(listener);
  try {
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: bootstrap({
        filters: filters.map(wasmFilter),
        ...{ listen: freePort, admin: freePort, upstream, accessLog },
        upgrades: ["websocket"],
        requestsPerConnection: 1,
        delayedCloseMs,
        clusters: [...clusters].map(([name, address]) => ({ name, address, protocol: "http1" as const })),
      }),
      // What tells which request a line of a filter belongs to.
      componentLogLevels: { wasm: "trace", http: "debug" },
      onRecord: (record) => requests.add(record),
    });
    const port = await envoy.admin.port(listenerName);
    requests.started();
    return { port, ended: envoy.ended, close: () => envoy.stop() };
  } catch (error) {
    if (error instanceof EnvoyRefused) throw new ConfigurationRefused(error.message, requests.startLogs);
    throw error;
  }
}
