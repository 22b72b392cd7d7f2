/** The manifests that make metrics of attributes, through istiod: what Envoy counts, and what Istio's own metrics get. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { toYaml } from "@proxy-wasm-kit/deliver";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { filesIn, IstioHarness, isBuilt, istioVersion, listenerRefusal } from "@proxy-wasm-kit/istio";
import { expect, test, vi } from "vitest";
import { freePort, kubernetesObjects, podBootstrap, workload, workloadObjects } from "../istio/workload.ts";
import { configuration, counted, expected, pwk, sendAll, startUpstream, tags } from "../metrics.ts";

const missing = isBuilt()
  ? await findEnvoy().then(
      () => null,
      (error: Error) => error.message,
    )
  : "run npm run istio:build";
const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
if (missing !== null && isRequired) throw new Error(`istio: this engine is required here, but: ${missing}`);
const titled = (name: string) => `attribute-gen: ${missing === null ? name : `${name}: ${missing}`}`;

const target = ["--namespace", workload.namespace, "--selector", `app=${workload.labels.app}`];
const filterManifest = (...more: readonly string[]) =>
  pwk(
    ...["manifest", "envoyfilter", "attribute-gen", ...target, "--config", JSON.stringify(configuration)],
    ...["--module-path", resolve("dist/attribute-gen.wasm"), ...more],
  );

test.skipIf(missing !== null)(titled("a counter by operation and class, by way of istiod"), async () => {
  const manifests = [await filterManifest(), await pwk("manifest", "stats-logger", ...target, ...tags)];
  await withPod(manifests, async ({ envoy, port }) => {
    const filters = [{ name: "attribute-gen", wasm: "" }];
    expect(await listenerRefusal(envoy, { port, kind: "http", filters })).toBeNull();
    await sendAll(port);
    expect(await counted(envoy.admin)).toEqual(expected);
  });
});

// Only Istio's own Envoy has istio.stats: what istiod sends is as far as it goes here, and this Envoy refuses it.
test.skipIf(missing !== null)(titled("istiod gives istio.stats the attributes as dimensions"), async () => {
  const metrics = ["--metric", "REQUEST_COUNT", "--metric", "REQUEST_DURATION"];
  const manifests = [
    await filterManifest("--before", "istio.stats"),
    await pwk("manifest", "telemetry", ...target, ...tags, ...metrics),
  ];
  await withPod(manifests, async ({ harness, port }) => {
    const filters = await vi.waitFor(() => httpFilters(harness, port), { timeout: 20_000, interval: 50 });
    // An attribute of the end of a request is made before istio.stats looks for it.
    expect(filters.map(({ name }) => name).slice(-3)).toEqual([
      ...["attribute-gen", "istio.stats", "envoy.filters.http.router"],
    ]);
    const dimensions = {
      request_operation: "filter_state['wasm.istio_operationId']",
      class: "filter_state['wasm.istio_responseClass']",
    };
    expect(filters.find(({ name }) => name === "istio.stats")?.typedConfig).toMatchObject({
      metrics: ["requests_total", "request_duration_milliseconds"].map((name) => ({ name, dimensions })),
    });
  });
});

test.skipIf(!isBuilt())(titled("Istio's validators take the manifests"), async () => {
  const { strictcheck, istioctl, crds } = filesIn();
  await inFolder(async (folder) => {
    const file = join(folder, "manifests.yaml");
    const all = [
      await pwk("manifest", "telemetry", ...target, ...tags, "--metric", "ALL_METRICS", "--mode", "CLIENT_AND_SERVER"),
      await pwk("manifest", "telemetry", "--namespace", "istio-system", "--selector", "*"),
      await pwk("manifest", "stats-logger", ...target, "--context", "gateway", "--port", "80", "--priority", "1"),
      await pwk("manifest", "stats-logger", "--namespace", "prod", "--selector", "*", "--proxy-version", "^1\\.31"),
    ];
    await writeFile(file, all.join("---\n"));
    await promisify(execFile)(istioctl, ["validate", "-f", file]);
    await promisify(execFile)(strictcheck, [crds, file]);
  });
});

interface Pod {
  readonly envoy: EnvoyProcess;
  readonly harness: IstioHarness;
  /** Where it takes requests. */
  readonly port: number;
}

/** A pod with an Envoy that istiod configures by the manifests. */
async function withPod(manifests: readonly string[], act: (pod: Pod) => Promise<void>): Promise<void> {
  const { binary } = await findEnvoy();
  const around = await startUpstream();
  const ports = { inbound: await freePort(), application: around.upstream.port };
  const harness = await inFolder(async (folder) => {
    const [kube, istio] = [join(folder, "kube.yaml"), join(folder, "istio.yaml")];
    await writeFile(kube, toYaml(kubernetesObjects(ports)));
    await writeFile(istio, [toYaml(workloadObjects(ports)), ...manifests].join("---\n"));
    return IstioHarness.start(filesIn().harness, { kube: [kube], istio: [istio], debugPort: await freePort() });
  });
  try {
    const envoy = await EnvoyProcess.start({ binary, bootstrap: podBootstrap(harness.port, istioVersion()) });
    await act({ envoy, harness, port: ports.inbound }).finally(() => envoy.stop());
  } finally {
    await harness.stop();
    await around.close();
  }
}

async function inFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-metrics-"));
  return act(folder).finally(() => rm(folder, { recursive: true }));
}

/** Of the pod's inbound listener, as istiod has it. Throws while there is none. */
async function httpFilters(harness: IstioHarness, port: number): Promise<readonly Filter[]> {
  const { configs } = (await harness.configDump(`${workload.name}.${workload.namespace}`)) as ConfigDump;
  const listeners = configs.flatMap(({ dynamicListeners = [] }) => dynamicListeners);
  const [chain] = listeners.find(({ name }) => name.endsWith(`_${port}`))?.activeState.listener.filterChains ?? [];
  const filters = chain?.filters.flatMap(({ typedConfig: { httpFilters = [] } }) => httpFilters) ?? [];
  if (filters.length === 0) throw new Error(`istiod has no HTTP listener on port ${port}`);
  return filters;
}

interface Filter {
  readonly name: string;
  readonly typedConfig?: object;
}

/** `envoy.admin.v3.ConfigDump` as istiod writes it. */
interface ConfigDump {
  readonly configs: readonly {
    readonly dynamicListeners?: readonly {
      readonly name: string;
      readonly activeState: {
        readonly listener: {
          readonly filterChains: readonly {
            readonly filters: readonly { readonly typedConfig: { readonly httpFilters?: readonly Filter[] } }[];
          }[];
        };
      };
    }[];
  }[];
}
