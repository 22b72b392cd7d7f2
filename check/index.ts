/** Everything that is wrong with manifests before a cluster has seen them. */
import { checkConfigMap } from "./config-map.ts";
import { checkAgainstSchema } from "./crd.ts";
import { type Manifest, type ManifestFile, readManifests } from "./document.ts";
import { checkEnvoyFilter, patchedBy } from "./envoy-filter.ts";
import { checkExtensionPolicy, checkTrafficExtension, checkWasmPlugin } from "./extensions.ts";
import type { Finding } from "./finding.ts";
import type { CheckOptions } from "./options.ts";
import { checkPlugin, type Trials } from "./plugin-check.ts";
import { checkEnvoyFilterTarget, checkPluginTarget } from "./target.ts";
import { checkTargetRefs } from "./target-refs.ts";
import { checkTelemetry } from "./telemetry.ts";
import { readWorkloads } from "./workloads.ts";

export { type DeliveredFilter, type Delivery, defaultNamespace, deliveriesOf } from "./deliveries.ts";
export type { Manifest, ManifestFile } from "./document.ts";
export { readManifests } from "./document.ts";
export { patchValueAsPrinted } from "./envoy-filter.ts";
export type { Finding, Severity } from "./finding.ts";
export { type CheckOptions, type KnownFilter, type KnownModule, newestIstioMinor, type Workload } from "./options.ts";

/** Findings in the order of files and lines. Objects of one run are seen together: what one needs, another may bring. */
export async function checkManifests(files: readonly ManifestFile[], options: CheckOptions = {}): Promise<Finding[]> {
  const findings: Finding[] = [];
  const manifests = files.flatMap((file) => readManifests(file, findings));
  checkNames(manifests);
  for (const manifest of manifests) {
    if (manifest.kind === "ConfigMap") checkConfigMap(manifest);
    else await checkAgainstSchema(manifest);
  }
  const workloads = [...readWorkloads(manifests), ...(options.workloads ?? [])];
  const patched = patchedBy(manifests.filter(({ kind }) => kind === "EnvoyFilter"));
  const trials: Trials = new Map();
  for (const manifest of manifests) {
    const isEnvoyFilter = manifest.kind === "EnvoyFilter";
    const plugins = isEnvoyFilter
      ? checkEnvoyFilter(manifest, patched, options)
      : (extensionsOf.get(manifest.kind)?.(manifest, options) ?? []);
    if (manifest.kind === "Telemetry") checkTelemetry(manifest);
    if (isEnvoyFilter || manifest.kind === "Telemetry" || istioExtensions.includes(manifest.kind))
      checkTargetRefs(manifest);
    const target = isEnvoyFilter ? checkEnvoyFilterTarget : checkPluginTarget;
    if (isEnvoyFilter || istioExtensions.includes(manifest.kind)) target(manifest, plugins, workloads, manifests);
    for (const plugin of plugins) await checkPlugin(plugin, manifests, options, trials);
  }
  return inOrder(findings, files);
}

const istioExtensions = ["WasmPlugin", "TrafficExtension"];
const extensionsOf: ReadonlyMap<string, typeof checkTrafficExtension> = new Map(
  Object.entries({
    WasmPlugin: checkWasmPlugin,
    TrafficExtension: checkTrafficExtension,
    EnvoyExtensionPolicy: checkExtensionPolicy,
  }),
);

/** The second of a name takes the place of the first. */
function checkNames(manifests: readonly Manifest[]): void {
  const seen = new Set<string>();
  for (const { apiVersion, kind, namespace, name, report } of manifests) {
    const id = [apiVersion.split("/")[0], kind, namespace, name].join(" ");
    if (name !== "" && seen.has(id))
      report(["metadata", "name"], `expected each ${kind} once, found ${JSON.stringify(name)} twice`);
    seen.add(id);
  }
}

function inOrder(findings: readonly Finding[], files: readonly ManifestFile[]): Finding[] {
  const order = new Map(files.map(({ name }, i) => [name, i]));
  const unique = new Map(findings.map((each) => [JSON.stringify(each), each]));
  return [...unique.values()].sort(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.line - b.line || a.column - b.column,
  );
}
