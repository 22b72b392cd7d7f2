/** Targets and sources of delivery, each seen to filter: one pod whose chain a real istiod makes of all their manifests. */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type DeliveryPlan, deliveryModes, type ModuleSource, toYaml } from "@proxy-wasm-kit/deliver";
import { cluster, EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { listenerRefusal } from "../engines/istio-listeners.ts";
import { IstioHarness } from "../istio/harness.ts";
import { filesIn, isBuilt, istioVersion } from "../istio/location.mjs";
import { freePort, kubernetesObjects, podBootstrap, settings, workload, workloadObjects } from "../istio/workload.ts";
import { Application, send } from "../mirror/application.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && (!isBuilt() || (await findEnvoy().catch(() => null)) === null);
const modulePath = resolve("dist/attribute-gen.wasm");

/** In their order on the way in: WasmPlugins by phase, EnvoyFilters before the router. */
const deliveries = [
  ["wasmplugin", "file"],
  ["wasmplugin", "url"],
  ["trafficextension", "file"],
  ["trafficextension", "url"],
  ["envoyfilter", "file"],
  ["envoyfilter", "inline"],
  ["envoyfilter", "url"],
] as const;
type Source = (typeof deliveries)[number][1];

const ends: (() => Promise<unknown>)[] = [];
let seen: Readonly<Record<string, string | string[] | undefined>> = {};

beforeAll(async () => {
  if (isAbsent) return;
  const module = await readFile(modulePath);
  const server = createServer((_request, response) => response.end(module)).listen(0, "127.0.0.1");
  ends.push(() => new Promise((closed) => server.close(closed)));
  await once(server, "listening");
  const application = await Application.start();
  ends.push(() => application.close());
  const inbound = await freePort();
  const { port } = server.address() as AddressInfo;
  const harness = await startHarness({ inbound, application: application.port }, port, module);
  ends.push(() => harness.stop());
  const { binary } = await findEnvoy();
  const envoy = await EnvoyProcess.start({ binary, bootstrap: podBootstrap(harness.port, istioVersion()) });
  ends.push(() => envoy.stop());
  expect(await listenerRefusal(envoy, { port: inbound, kind: "http", filters: [] })).toBeNull();
  expect(await send(inbound, { host: "shop.example" })).toBe(200);
  seen = application.take()[0]?.headers ?? {};
});
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

test.skipIf(isAbsent).each(deliveries)("%s, its module by %s", (mode, source) => {
  expect(seen[headerOf(mode, source)]).toBe("filtered");
});

const headerOf = (mode: string, source: Source): string => `x-${mode}-${source}`;

async function startHarness(
  ports: { readonly inbound: number; readonly application: number },
  modulePort: number,
  module: Uint8Array,
): Promise<IstioHarness> {
  const url = `http://127.0.0.1:${modulePort}/attribute-gen.wasm`;
  const sha256 = createHash("sha256").update(module).digest("hex");
  const sources: Readonly<Record<Source, ModuleSource | undefined>> = {
    file: undefined,
    inline: { inline: module },
    url: { url, sha256 },
  };
  const filters = deliveries.flatMap(([name, source]) => {
    const attribute = { output_attribute: "a", phase: "ON_REQUEST", default: "filtered" };
    const plan: DeliveryPlan = {
      ...{ name: `${name}-${source}`, namespace: workload.namespace, selector: workload.labels },
      context: "SIDECAR_INBOUND",
      ...(sources[source] === undefined ? { modulePath } : { source: sources[source] }),
      configuration: { attributes: [{ ...attribute, request_header: headerOf(name, source) }] },
    };
    return deliveryModes.find((mode) => mode.name === name)?.resources(plan) ?? [];
  });
  const manifests = {
    "kube.yaml": kubernetesObjects(ports),
    "istio.yaml": [...workloadObjects(ports), settings({ filters: [] }), moduleServer(modulePort), ...filters],
  };
  const folder = await mkdtemp(join(tmpdir(), "pwk-istio-delivery-"));
  try {
    for (const [name, objects] of Object.entries(manifests)) await writeFile(join(folder, name), toYaml(objects));
    return await IstioHarness.start(filesIn().harness, {
      kube: [join(folder, "kube.yaml")],
      istio: [join(folder, "istio.yaml")],
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * Istio's agent is not here: it would fetch the module and put a file in the URL's place. So Envoy does it, by the cluster that
 * istiod names and that nothing has but this.
 */
const moduleServer = (port: number): object => ({
  apiVersion: "networking.istio.io/v1alpha3",
  kind: "EnvoyFilter",
  metadata: { name: "module-server", namespace: workload.namespace },
  spec: {
    workloadSelector: { labels: workload.labels },
    configPatches: [
      {
        applyTo: "CLUSTER",
        patch: {
          operation: "ADD",
          value: cluster({ name: "_", address: { host: "127.0.0.1", port }, protocol: "http1" }),
        },
      },
    ],
  },
});
