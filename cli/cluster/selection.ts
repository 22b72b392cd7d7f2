/** Which pods an object is for. Source: istio.io/api, `WorkloadSelector` and `PolicyTargetReference`. */
import { isRecord } from "./difference.ts";
import type { Kubectl } from "./kubectl.ts";
import type { LiveObject } from "./objects.ts";

export interface Pod {
  readonly name: string;
  readonly namespace: string;
  /** Has a container of Istio's proxy. */
  readonly hasProxy: boolean;
}

export interface Selection {
  /** As kubectl takes them; empty: all of the namespace. */
  readonly labels: string;
  /** Null: every namespace. */
  readonly namespace: string | null;
  /** For messages: "app=web in shop". */
  readonly title: string;
}

/** Kinds that are looked for in proxies. */
const kinds = ["EnvoyFilter", "WasmPlugin", "TrafficExtension"];

/** Whether istiod is to be asked for it. */
export const isSeen = ({ kind }: { readonly kind: string }): boolean => kinds.includes(kind);

/** Null when it is not for pods, or they are found in another way than by labels. */
export function selectionOf(live: LiveObject, rootNamespace: string): Selection | null {
  if (!isSeen(live)) return null;
  const labels = labelsOf(isRecord(live.spec) ? live.spec : {});
  if (labels === null) return null;
  const own = live.metadata.namespace ?? "";
  const namespace = own === rootNamespace ? null : own;
  const place = namespace === null ? "any namespace" : namespace;
  return { labels, namespace, title: labels === "" ? place : `${labels} in ${place}` };
}

function labelsOf({ workloadSelector, selector, targetRefs, targetRef }: Readonly<Record<string, unknown>>) {
  const references = [targetRefs ?? targetRef ?? []].flat().filter(isRecord);
  if (references.length > 0) {
    const names = references.map(({ kind, name }) => (kind === "Gateway" ? String(name) : null));
    // Which waypoint a Service has is the cluster's affair.
    return names.includes(null) ? null : `gateway.networking.k8s.io/gateway-name in (${names.join(",")})`;
  }
  const pairs = isRecord(workloadSelector) ? workloadSelector.labels : isRecord(selector) ? selector.matchLabels : {};
  return Object.entries(isRecord(pairs) ? pairs : {})
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** Those that are there to stay. */
export async function podsOf(kubectl: Kubectl, { labels, namespace }: Selection): Promise<readonly Pod[]> {
  const { stdout } = await kubectl.run("looking for pods", [
    ...["get", "pods", "--output", "json", "--field-selector", "status.phase!=Succeeded,status.phase!=Failed"],
    ...(namespace === null ? ["--all-namespaces"] : ["--namespace", namespace]),
    ...(labels === "" ? [] : ["--selector", labels]),
  ]);
  const { items } = JSON.parse(stdout) as { readonly items: readonly PodObject[] };
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(({ metadata: { name, namespace: own }, spec: { containers, initContainers = [] } }) => ({
      ...{ name, namespace: own },
      hasProxy: [...containers, ...initContainers].some((each) => each.name === "istio-proxy"),
    }));
}

interface PodObject {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly deletionTimestamp?: string };
  readonly spec: { readonly containers: readonly Container[]; readonly initContainers?: readonly Container[] };
}

interface Container {
  readonly name: string;
}
