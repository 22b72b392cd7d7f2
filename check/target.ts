/** Whether a resource's selector, context, ports and files fit the workloads that it is for. */
import { basename, dirname } from "node:path/posix";
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { shown } from "./finding.ts";
import type { Workload } from "./options.ts";
import type { Plugin } from "./plugin.ts";
import { checkSelection, looksLikeGateway, mayBeGateway } from "./workloads.ts";

/** Of an EnvoyFilter; the plugins are those that it delivers. */
export function checkEnvoyFilterTarget(
  { value, namespace, report }: Manifest,
  plugins: readonly Plugin[],
  workloads: readonly Workload[],
  manifests: readonly Manifest[],
): void {
  const spec = recordOf(value.spec);
  if (spec.targetRefs !== undefined) return;
  const { labels } = recordOf(spec.workloadSelector);
  if (isRecord(spec.workloadSelector) && Object.keys(recordOf(labels)).length === 0)
    report(
      ["spec", "workloadSelector"],
      "has no labels, so the object is for every workload of the namespace; leave it out when that is meant",
      "warning",
    );
  const selection = {
    namespace,
    labels: isRecord(labels) ? labels : undefined,
    labelsPath: ["spec", "workloadSelector", "labels"],
  };
  const found = checkSelection(selection, workloads, report);
  for (const [i, patch] of listOf(spec.configPatches).entries()) {
    const { context, listener } = recordOf(recordOf(patch).match);
    const path = ["spec", "configPatches", i, "match", "context"];
    const problem = contextProblem(context, selection.labels, found);
    if (problem !== null) report(path, problem);
    const { portNumber } = recordOf(listener);
    const ports = found.flatMap((each) => each.ports);
    if (
      context === "SIDECAR_INBOUND" &&
      typeof portNumber === "number" &&
      ports.length > 0 &&
      !ports.includes(portNumber)
    )
      report(
        ["spec", "configPatches", i, "match", "listener", "portNumber"],
        `no workload listens on port ${portNumber}, so the patch is dropped without a word; expected the container's port, ${ports.join(" or ")}`,
      );
  }
  for (const plugin of plugins) checkFile(plugin, found, namespace, manifests);
}

/** Of a WasmPlugin or TrafficExtension. */
export function checkPluginTarget(
  { value, namespace, report }: Manifest,
  plugins: readonly Plugin[],
  workloads: readonly Workload[],
  manifests: readonly Manifest[],
): void {
  const spec = recordOf(value.spec);
  if (spec.targetRefs !== undefined || spec.targetRef !== undefined) return;
  const { matchLabels } = recordOf(spec.selector);
  const labels = isRecord(matchLabels) ? matchLabels : undefined;
  const found = checkSelection(
    { namespace, labels, labelsPath: ["spec", "selector", "matchLabels"] },
    workloads,
    report,
  );
  const isGateway = found.length > 0 ? found.every(({ kind }) => kind === "gateway") : labels && mayBeGateway(labels);
  if (spec.match === undefined && isGateway !== true)
    report(
      ["spec"],
      "has no match, so a sidecar runs the filter for requests that come in and for those that go out; write match: [{mode: SERVER}] for the first alone",
      "warning",
    );
  const ports = found.flatMap((each) => each.ports);
  for (const [i, match] of listOf(spec.match).entries()) {
    const { mode, ports: wanted } = recordOf(match);
    for (const [j, port] of listOf(wanted).entries()) {
      const { number } = recordOf(port);
      if (mode === "SERVER" && ports.length > 0 && !ports.includes(Number(number)))
        report(
          ["spec", "match", i, "ports", j, "number"],
          `no workload listens on port ${shown(number)}, so the filter is nowhere; expected ${ports.join(" or ")}`,
        );
    }
  }
  for (const plugin of plugins) checkFile(plugin, found, namespace, manifests);
}

function contextProblem(
  context: unknown,
  labels: Readonly<Record<string, unknown>> | undefined,
  found: readonly Workload[],
): string | null {
  const wanted =
    context === "GATEWAY"
      ? "gateway"
      : context === "SIDECAR_INBOUND" || context === "SIDECAR_OUTBOUND"
        ? "sidecar"
        : null;
  if (wanted === null) return null;
  const nowhere = "so the patch is dropped without a word";
  if (found.length > 0) {
    const fits = found.some(({ kind }) => kind === wanted);
    const right = wanted === "gateway" ? "SIDECAR_INBOUND or SIDECAR_OUTBOUND" : "GATEWAY";
    return fits
      ? null
      : `expected ${right}, as ${found.map(({ title }) => title).join(", ")} is a ${found[0]?.kind}, found ${shown(context)}, ${nowhere}`;
  }
  if (labels === undefined) return null;
  const isGateway = looksLikeGateway(labels) === true;
  if (isGateway === (wanted === "gateway") || (wanted === "gateway" && mayBeGateway(labels))) return null;
  const [is, right] = isGateway ? ["a gateway's", "GATEWAY"] : ["a sidecar's", "SIDECAR_INBOUND or SIDECAR_OUTBOUND"];
  return `expected ${right}, as the labels read like ${is}, found ${shown(context)}, ${nowhere}; when it is meant so, say what the workload is (--workload ${wanted}:label=value)`;
}

/** When it is known what is mounted in the proxy's container, the module must lie there. */
function checkFile(
  { code, report, places }: Plugin,
  workloads: readonly Workload[],
  namespace: string,
  manifests: readonly Manifest[],
): void {
  if (code?.kind !== "file") return;
  const { path } = code;
  for (const { title, mounts } of workloads) {
    if (mounts.length === 0) continue;
    const mount = mounts.find(
      (each) => each.path === path || (each.subPath === null && dirname(path) === each.path.replace(/\/$/, "")),
    );
    if (mount === undefined) {
      report(
        places.code,
        `${title} mounts nothing at ${shown(path)}; it mounts ${mounts.map((each) => each.path).join(", ")}`,
      );
      continue;
    }
    const configMap = manifests.find(
      (each) =>
        each.kind === "ConfigMap" &&
        each.name === mount.configMap &&
        (each.namespace === namespace || each.namespace === ""),
    );
    const key = mount.subPath ?? basename(path);
    const keys = Object.keys({ ...recordOf(configMap?.value.data), ...recordOf(configMap?.value.binaryData) });
    if (configMap !== undefined && !keys.includes(key))
      report(places.code, `config map ${mount.configMap} has no ${shown(key)}; it has ${keys.join(", ") || "nothing"}`);
  }
}
