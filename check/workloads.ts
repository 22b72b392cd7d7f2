/** The workloads of the manifests, and whether a resource is for any of them. */
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { type Path, type Report, shown } from "./finding.ts";
import type { Mount, Workload } from "./options.ts";
import { textsOf } from "./plugin.ts";
import { didYouMean } from "./similar.ts";

type Fields = Readonly<Record<string, unknown>>;

const kinds = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job"];

/** Reports what is wrong with the annotations that Istio's injector reads. */
export function readWorkloads(manifests: readonly Manifest[]): Workload[] {
  return (
    manifests
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ value, kind, name, namespace, report }) => {
        const isPod = kind === "Pod";
        const template = isPod ? value : recordOf(recordOf(value.spec).template);
        const metadata = recordOf(template.metadata);
        const annotations = textsOf(metadata.annotations);
        const path: Path = isPod ? ["metadata", "annotations"] : ["spec", "template", "metadata", "annotations"];
        const mounts = readMounts(annotations, path, report);
        const containers = listOf(recordOf(template.spec).containers).map(recordOf);
        const labels = textsOf(metadata.labels);
        return {
          ...{ title: `${kind} ${[namespace, name].filter(Boolean).join("/")}`, namespace, labels, mounts },
          kind: isGateway(annotations, containers, labels) ? ("gateway" as const) : ("sidecar" as const),
          ports: portsOf({ namespace, labels }, containers, manifests),
        };
      })
      // A patch of a workload has no containers and labels of its own.
      .filter(({ labels }) => Object.keys(labels).length > 0)
  );
}

/** Those of the containers, and those that services send to: a container need not say its own. */
function portsOf(
  { namespace, labels }: Pick<Workload, "namespace" | "labels">,
  containers: readonly Fields[],
  manifests: readonly Manifest[],
): number[] {
  const declared = containers.flatMap(({ ports }) => listOf(ports).map(recordOf));
  const byName = new Map(declared.map(({ name, containerPort }) => [name, Number(containerPort)]));
  const services = manifests.filter(({ kind, namespace: other, value }) => {
    const selector = Object.entries(recordOf(recordOf(value.spec).selector));
    const isMeant = selector.length > 0 && selector.every(([key, text]) => labels[key] === text);
    return kind === "Service" && other === namespace && isMeant;
  });
  const targets = services.flatMap(({ value }) => listOf(recordOf(value.spec).ports).map(recordOf));
  const sent = targets.map(({ port, targetPort = port }) => byName.get(targetPort) ?? Number(targetPort));
  const all = [...declared.map(({ containerPort }) => Number(containerPort)), ...sent];
  return [...new Set(all.filter(Number.isInteger))];
}

const isGateway = (annotations: Readonly<Record<string, string>>, containers: readonly Fields[], labels: Fields) =>
  annotations["inject.istio.io/templates"]?.includes("gateway") === true ||
  containers.some(({ name, args }) => name === "istio-proxy" && listOf(args).includes("router")) ||
  looksLikeGateway(labels) === true;

/** Undefined when the labels do not say it. A service may be called "api-gateway", and has a sidecar then. */
export const looksLikeGateway = (labels: Fields): true | undefined =>
  Object.entries(labels).some(
    ([key, value]) =>
      key.endsWith("gateway.networking.k8s.io/gateway-name") ||
      key === "istio" ||
      /^istio-.*(gateway|ingress|egress)/i.test(`${value}`),
  ) || undefined;

/** Whether they could be a gateway's, by a name that people give to one. */
export const mayBeGateway = (labels: Fields): boolean =>
  looksLikeGateway(labels) === true ||
  Object.values(labels).some((value) => /gateway|ingress|egress|edge|\bgw\b/i.test(`${value}`));

const volumeKey = "sidecar.istio.io/userVolume";
const mountKey = "sidecar.istio.io/userVolumeMount";

function readMounts(annotations: Readonly<Record<string, string>>, path: Path, report: Report): Mount[] {
  for (const key of Object.keys(annotations))
    if (/^sidecar\.istio\.io\/user/i.test(key) && ![volumeKey, mountKey].includes(key))
      report([...path, key], `the injector reads no annotation ${shown(key)}${didYouMean(key, [volumeKey, mountKey])}`);
  const volumes = readList(annotations, volumeKey, path, report);
  const mounts = readList(annotations, mountKey, path, report);
  const names = volumes.map(({ name }) => name);
  return mounts.flatMap(({ name, mountPath, subPath }) => {
    if (typeof mountPath !== "string" || !mountPath.startsWith("/")) {
      report([...path, mountKey], `expected mountPath, an absolute path, found ${shown(mountPath)}`);
      return [];
    }
    const volume = volumes[names.indexOf(name)];
    const { configMap } = recordOf(volume);
    const configMapName = recordOf(configMap).name;
    return [
      {
        path: mountPath,
        subPath: typeof subPath === "string" ? subPath : null,
        configMap: typeof configMapName === "string" ? configMapName : null,
      },
    ];
  });
}

/** As a list, or as an object by the volumes' names. */
function readList(annotations: Readonly<Record<string, string>>, key: string, path: Path, report: Report): Fields[] {
  const text = annotations[key];
  if (text === undefined) return [];
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    report([...path, key], "expected JSON, found something else: the injector refuses the pod");
    return [];
  }
  if (Array.isArray(value)) return value.map(recordOf);
  if (isRecord(value)) return Object.entries(value).map(([name, each]) => ({ name, ...recordOf(each) }));
  report([...path, key], `expected a list of volumes, found ${shown(value)}: the injector refuses the pod`);
  return [];
}

/** Which proxies a resource asks for. */
export interface Selection {
  readonly namespace: string;
  /** Undefined: every workload of the namespace. */
  readonly labels: Fields | undefined;
  readonly labelsPath: Path;
}

/** Those that a resource is for; null when none is known at all in its namespace. */
export function selected({ namespace, labels }: Selection, workloads: readonly Workload[]): readonly Workload[] | null {
  const near = workloads.filter(
    (each) => namespace === "" || each.namespace === "" || each.namespace === namespace || namespace === rootNamespace,
  );
  if (near.length === 0) return null;
  return near.filter((each) => Object.entries(labels ?? {}).every(([key, value]) => each.labels[key] === value));
}

const rootNamespace = "istio-system";

/** Reports a selector that no workload has; returns those it is for, empty when none is known. */
export function checkSelection(
  selection: Selection,
  workloads: readonly Workload[],
  report: Report,
): readonly Workload[] {
  const found = selected(selection, workloads);
  if (found === null) return [];
  if (found.length === 0) {
    const known = workloads.map(({ title, labels }) => `${title} (${labelsText(labels)})`).join(", ");
    report(selection.labelsPath, `no workload has these labels, so the filter is nowhere; there are: ${known}`);
  }
  return found;
}

const labelsText = (labels: Readonly<Record<string, string>>) =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
