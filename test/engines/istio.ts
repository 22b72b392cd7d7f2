/**
 * The engine over Istio: istiod's own discovery code turns the manifests into Envoy's configuration, as it would for a
 * pod, and a real Envoy runs it. One istiod and one Envoy for each proxy.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type DeliveryPlan, envoyFilter, toYaml } from "@proxy-wasm-kit/deliver";
import { EnvoyProcess, EnvoyRefused, findEnvoy } from "@proxy-wasm-kit/envoy";
import {
  filesIn,
  IstioHarness,
  isBuilt,
  istioVersion,
  listenerRefusal,
  type WantedListener,
} from "@proxy-wasm-kit/istio";
import {
  ConfigurationRefused,
  createEnvoyProxy,
  type Engine,
  EnvoyRecorder,
  type FilterSpec,
  type ProxyOptions,
  type RunningProxy,
  type Surroundings,
  startSurroundings,
  wasmFilter,
} from "@proxy-wasm-kit/testing";
import { clusterPatches, networkFilterPatches } from "../istio/additions.ts";
import {
  freePort,
  kubernetesObjects,
  type Ports,
  podBootstrap,
  settings,
  workload,
  workloadObjects,
} from "../istio/workload.ts";

/** The reason, as a string, when this machine cannot run it. */
export async function istioEngine(): Promise<Engine | string> {
  if (!isBuilt()) return "run npm run istio:build";
  try {
    const { binary, version } = await findEnvoy();
    return {
      name: "istio",
      title: `istio ${istioVersion()} + envoy ${version}`,
      envoyVersion: version,
      start: (options) => start(binary, options),
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function start(binary: string, options: ProxyOptions): Promise<RunningProxy> {
  if (options.now !== undefined) throw new Error("envoy reads the real clock: `now` needs the host engine");
  const ends: (() => Promise<void>)[] = [];
  const endAll = async () => {
    for (const end of ends.splice(0).reverse()) await end();
  };
  try {
    const around = await startSurroundings(options);
    ends.push(() => around.close());
    const ports = await portsFor(around);
    const harness = await startHarness(options, around, ports);
    ends.push(() => harness.stop());
    const recorder = new EnvoyRecorder();
    const envoy = await startEnvoy(binary, harness, recorder, options);
    ends.push(() => envoy.stop());
    for (const wanted of wantedListeners(options, ports)) {
      const refusal = await listenerRefusal(envoy, wanted);
      if (refusal === null) continue;
      await envoy.stop(); // Then its log has been read to the end.
      throw new ConfigurationRefused(refusal, recorder.take().logs);
    }
    const { upstream, clusters, tcpUpstream } = around;
    const proxy = await createEnvoyProxy({
      ...{ envoy, recorder, upstream, clusters, port: ports.inbound, protocol: options.protocol ?? "http1" },
      filterState: options.filterState ?? [],
      ...(ports.tcp && tcpUpstream && { tcp: { port: ports.tcp.inbound, upstream: tcpUpstream } }),
    });
    return { ...proxy, close: endAll };
  } catch (error) {
    await endAll();
    throw error;
  }
}

const portsFor = async ({ upstream, tcpUpstream }: Surroundings): Promise<Ports> => ({
  inbound: await freePort(),
  application: upstream.port,
  ...(tcpUpstream && { tcp: { inbound: await freePort(), application: tcpUpstream.port } }),
});

async function startEnvoy(
  binary: string,
  harness: IstioHarness,
  recorder: EnvoyRecorder,
  { logLevel = "trace", services = [] }: ProxyOptions,
): Promise<EnvoyProcess> {
  try {
    return await EnvoyProcess.start({
      binary,
      bootstrap: podBootstrap(harness.port, istioVersion(), services.map(wasmFilter)),
      componentLogLevels: { wasm: logLevel === "warn" ? "warning" : logLevel },
      onRecord: (record) => recorder.add(record),
    });
  } catch (error) {
    if (error instanceof EnvoyRefused) throw new ConfigurationRefused(error.message, recorder.take().logs);
    throw error;
  }
}

const wantedListeners = ({ filters, networkFilters = [] }: ProxyOptions, { inbound, tcp }: Ports): WantedListener[] => [
  { port: inbound, kind: "http", filters },
  ...(tcp === undefined ? [] : [{ port: tcp.inbound, kind: "tcp" as const, filters: networkFilters }]),
];

async function startHarness(options: ProxyOptions, around: Surroundings, ports: Ports): Promise<IstioHarness> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-istio-"));
  const byHand = [
    settings(options),
    ...clusterPatches(around.clusters),
    ...(ports.tcp === undefined ? [] : networkFilterPatches(options.networkFilters ?? [], ports.tcp.inbound)),
  ];
  try {
    const manifests = {
      "kube.yaml": toYaml(kubernetesObjects(ports)),
      "workload.yaml": toYaml(workloadObjects(ports)),
      "settings.yaml": toYaml(byHand),
      "filters.yaml": toYaml(plans(options.filters).map(envoyFilter)),
    };
    for (const [name, text] of Object.entries(manifests)) await writeFile(join(folder, name), text, { mode: 0o600 });
    const [kube = "", ...istio] = Object.keys(manifests).map((name) => join(folder, name));
    return await IstioHarness.start(filesIn().harness, { kube: [kube], istio });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a user of the filters would deliver. Each goes right before the router, so the last one ends nearest to it. */
const plans = (filters: readonly FilterSpec[]): DeliveryPlan[] =>
  filters.map((filter, index) => {
    const { name, vmId, configuration, environment, failurePolicy, allowOnHeadersStopIteration } = filter;
    return {
      name,
      namespace: workload.namespace,
      selector: workload.labels,
      context: "SIDECAR_INBOUND",
      priority: index,
      rootId: filter.rootId ?? name,
      modulePath: resolve(filter.wasm),
      ...(vmId !== undefined && { vmId }),
      ...(configuration !== undefined && { configuration }),
      ...(environment !== undefined && { environment }),
      ...(failurePolicy !== undefined && { failurePolicy }),
      ...(allowOnHeadersStopIteration !== undefined && { allowOnHeadersStopIteration }),
    };
  });
