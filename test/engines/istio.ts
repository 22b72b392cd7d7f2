/**
 * The engine over Istio: istiod's own discovery code turns the manifests into Envoy's configuration, as it would for a
 * pod, and a real Envoy runs it. One istiod and one Envoy for each proxy.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type DeliveryPlan, envoyFilter, toYaml } from "@proxy-wasm-kit/deliver";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import {
  ConfigurationRefused,
  createEnvoyProxy,
  type Engine,
  EnvoyRecorder,
  type FilterSpec,
  type ProxyOptions,
  type RunningProxy,
  startSurroundings,
} from "@proxy-wasm-kit/testing";
import { IstioHarness } from "../istio/harness.ts";
import { filesIn, isBuilt, istioVersion } from "../istio/location.mjs";
import {
  freePort,
  kubernetesObjects,
  type Ports,
  podBootstrap,
  settings,
  workload,
  workloadObjects,
} from "../istio/workload.ts";

/** Envoy has its listeners within a fraction of a second. */
const patienceMs = 20_000;
const pollMs = 10;

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
    const { upstream, clusters } = around;
    ends.push(() => around.close());
    const port = await freePort();
    const harness = await startHarness(options, { inbound: port, application: upstream.port });
    ends.push(() => harness.stop());
    const recorder = new EnvoyRecorder();
    const level = options.logLevel ?? "trace";
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: podBootstrap(harness.port, istioVersion()),
      componentLogLevels: { wasm: level === "warn" ? "warning" : level },
      onRecord: (record) => recorder.add(record),
    });
    ends.push(() => envoy.stop());
    const refusal = await listenerRefusal(envoy, port, options.filters);
    if (refusal !== null) {
      await envoy.stop(); // Then its log has been read to the end.
      throw new ConfigurationRefused(refusal, recorder.take().logs);
    }
    const proxy = await createEnvoyProxy({
      envoy,
      recorder,
      upstream,
      clusters,
      port,
      protocol: options.protocol ?? "http1",
    });
    return { ...proxy, close: endAll };
  } catch (error) {
    await endAll();
    throw error;
  }
}

async function startHarness(options: ProxyOptions, ports: Ports): Promise<IstioHarness> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-istio-"));
  try {
    const manifests = {
      "kube.yaml": toYaml(kubernetesObjects(ports)),
      "workload.yaml": toYaml(workloadObjects(ports)),
      "settings.yaml": toYaml([settings(options)]),
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
    const { name, configuration, environment, failurePolicy, allowOnHeadersStopIteration } = filter;
    return {
      name,
      namespace: workload.namespace,
      selector: workload.labels,
      context: "SIDECAR_INBOUND",
      priority: index,
      rootId: filter.rootId ?? name,
      modulePath: resolve(filter.wasm),
      ...(configuration !== undefined && { configuration }),
      ...(environment !== undefined && { environment }),
      ...(failurePolicy !== undefined && { failurePolicy }),
      ...(allowOnHeadersStopIteration !== undefined && { allowOnHeadersStopIteration }),
    };
  });

/** Resolves when Envoy has the listener with all filters: with null, or with why Envoy has refused it. */
async function listenerRefusal(
  envoy: EnvoyProcess,
  port: number,
  filters: readonly FilterSpec[],
): Promise<string | null> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const listener = await dynamicListener(envoy, port);
    const refusal = listener?.error_state?.details;
    if (refusal !== undefined) return `envoy refused the listener: ${refusal}`;
    const names = listener?.active_state === undefined ? [] : httpFilterNames(listener.active_state.listener);
    if (names.length > 0) {
      const wanted = filters.map(({ name }) => name);
      const found = names.filter((name) => wanted.includes(name));
      if (found.join() === wanted.join()) return null;
      throw new Error(`istiod has made another chain of the manifests than ${wanted}: ${names}`);
    }
    if (Date.now() > giveUpAt) throw new Error(`envoy has got no listener on port ${port} from istiod`);
    await delay(pollMs);
  }
}

async function dynamicListener(envoy: EnvoyProcess, port: number): Promise<DynamicListener | undefined> {
  const { configs } = (await envoy.admin.configDump()) as ConfigDump;
  const dump = configs.find((config) => config["@type"].endsWith(".ListenersConfigDump"));
  return dump?.dynamic_listeners?.find(({ name }) => name.endsWith(`_${port}`));
}

/** Every filter chain has the same ones; without any chain that speaks HTTP there are none. */
function httpFilterNames({ filter_chains = [], default_filter_chain }: ListenerMessage): string[] {
  for (const { filters = [] } of [...filter_chains, ...(default_filter_chain ? [default_filter_chain] : [])]) {
    for (const { typed_config } of filters) {
      if (typed_config?.http_filters !== undefined) return typed_config.http_filters.map(({ name }) => name);
    }
  }
  return [];
}

/** `envoy.admin.v3.ConfigDump`, as far as it is read here. */
interface ConfigDump {
  readonly configs: readonly { readonly "@type": string; readonly dynamic_listeners?: readonly DynamicListener[] }[];
}

interface DynamicListener {
  readonly name: string;
  readonly active_state?: { readonly listener: ListenerMessage };
  readonly error_state?: { readonly details?: string };
}

interface ListenerMessage {
  readonly filter_chains?: readonly FilterChain[];
  readonly default_filter_chain?: FilterChain;
}

interface FilterChain {
  readonly filters?: readonly {
    readonly typed_config?: { readonly http_filters?: readonly { readonly name: string }[] };
  }[];
}
