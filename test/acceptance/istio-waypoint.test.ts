/**
 * Where a real istiod puts a filter in a waypoint: into what it has for the service. No request is sent: waypoints need mTLS and
 * Istio's own build of Envoy, so what is looked at is the listener that an Envoy has got and not taken.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TargetRef, toYaml } from "@proxy-wasm-kit/deliver";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { filesIn, IstioHarness, isBuilt, istioVersion, proxyBootstrap } from "@proxy-wasm-kit/istio";
import { expect, test } from "vitest";
import { marking } from "../istio/marking.ts";
import { workload } from "../istio/workload.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && (!isBuilt() || (await findEnvoy().catch(() => null)) === null);

const { namespace } = workload;
const waypoint = "way";
const labels = {
  "gateway.networking.k8s.io/gateway-name": waypoint,
  "gateway.istio.io/managed": "istio.io-mesh-controller",
};
const ofService: TargetRef = { group: "", kind: "Service", name: "shop" };
const ofWaypoint: TargetRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name: waypoint };

test.skipIf(isAbsent).each(["wasmplugin", "trafficextension"])("%s for a service behind a waypoint", async (mode) => {
  const chains = await chainsWith(manifest(mode, ofService));
  expect(chains["inbound-vip|80|http|shop.test.svc.cluster.local"]).toBe(true);
  expect(chains["inbound-vip|80|http|cart.test.svc.cluster.local"]).toBe(false);
});

test.skipIf(isAbsent).each(["wasmplugin", "trafficextension"])("%s for all of a waypoint", async (mode) => {
  const chains = await chainsWith(manifest(mode, ofWaypoint));
  expect(chains["inbound-vip|80|http|shop.test.svc.cluster.local"]).toBe(true);
  expect(chains["inbound-vip|80|http|cart.test.svc.cluster.local"]).toBe(true);
});

const filter = "x-filtered";
const manifest = (mode: string, target: TargetRef) =>
  marking(mode, filter, { context: "SIDECAR_INBOUND", selector: "*", targetRefs: [target] });

/** For each chain of the waypoint's main listener, whether the filter is in it. */
async function chainsWith(manifests: readonly object[]): Promise<Readonly<Record<string, boolean>>> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-waypoint-"));
  const ends: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  try {
    const files = { kube: join(folder, "kube.yaml"), istio: join(folder, "istio.yaml") };
    await writeFile(files.kube, toYaml(kubernetesObjects()));
    await writeFile(files.istio, toYaml(manifests));
    const harness = await IstioHarness.start(filesIn().harness, {
      ...{ kube: [files.kube], istio: [files.istio] },
      environment: { PILOT_ENABLE_AMBIENT: "true" },
    });
    ends.unshift(() => harness.stop());
    const { binary } = await findEnvoy();
    const envoy = await EnvoyProcess.start({ binary, bootstrap: bootstrapOf(harness.port) });
    ends.unshift(() => envoy.stop());
    await expect.poll(() => mainChains(envoy), { timeout: 20_000, interval: 10 }).not.toEqual([]);
    const chains = await mainChains(envoy);
    return Object.fromEntries(
      chains.map(({ name = "", filters = [] }) => [name, JSON.stringify(filters).includes(filter)]),
    );
  } finally {
    for (const end of ends) await end();
  }
}

interface Chain {
  readonly name?: string;
  readonly filters?: readonly object[];
}

/** Of the listener behind the tunnel, once it has come. */
async function mainChains(envoy: EnvoyProcess): Promise<readonly Chain[]> {
  const { configs } = (await envoy.admin.configDump()) as { configs: readonly Listeners[] };
  const refused = configs.flatMap(({ dynamic_listeners = [] }) => dynamic_listeners.map((each) => each.error_state));
  const main = refused.find((each) => each?.failed_configuration?.name === "main_internal");
  return main?.failed_configuration?.filter_chains ?? [];
}

interface Listeners {
  readonly dynamic_listeners?: readonly {
    readonly error_state?: {
      readonly failed_configuration?: { readonly name: string; readonly filter_chains?: readonly Chain[] };
    };
  }[];
}

/** It asks for listeners only: clusters would wait for certificates. */
function bootstrapOf(adsPort: number): object {
  const proxy = { type: "waypoint", name: `${waypoint}-1`, namespace, labels, address: "127.0.0.1" } as const;
  const base = proxyBootstrap({ ...proxy, istioVersion: istioVersion() }, adsPort);
  const { cds_config: _, ...resources } = (base as { dynamic_resources: { cds_config: object } }).dynamic_resources;
  return { ...base, dynamic_resources: resources };
}

const service = (name: string, address: string, selector: object, more: object) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace, labels: more },
  spec: { clusterIP: address, selector, ports: [{ name: "http", port: 80 }] },
});

const pod = (name: string, address: string, more: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace, labels: more },
  spec: { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] },
  status: { podIP: address, phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
});

/** Two services that use the waypoint. */
const kubernetesObjects = (): object[] => [
  ...["shop", "cart"].flatMap((name, i) => [
    service(name, `10.0.0.${i + 1}`, { app: name }, { "istio.io/use-waypoint": waypoint }),
    pod(`${name}-1`, `127.0.0.${i + 2}`, { app: name }),
  ]),
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "GatewayClass",
    metadata: { name: "istio-waypoint" },
    spec: { controllerName: "istio.io/mesh-controller" },
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "Gateway",
    metadata: { name: waypoint, namespace, labels: { "istio.io/waypoint-for": "service" } },
    spec: { gatewayClassName: "istio-waypoint", listeners: [{ name: "mesh", port: 15008, protocol: "HBONE" }] },
    status: { addresses: [{ type: "Hostname", value: `${waypoint}.${namespace}.svc.cluster.local` }] },
  },
  service(waypoint, "10.0.0.9", labels, labels),
  pod(`${waypoint}-1`, "127.0.0.1", labels),
];
