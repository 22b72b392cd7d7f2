/** Pods to try manifests in: one for each set of workloads that they are for. */
import { type DeliveredFilter, type Delivery, defaultNamespace } from "@proxy-wasm-kit/check";
import type { TrialPod } from "@proxy-wasm-kit/istio";

export interface Pod extends Omit<TrialPod, "application"> {
  readonly title: string;
  readonly wanted: readonly (readonly [Delivery, DeliveredFilter])[];
}

interface Meant {
  readonly type: Pod["type"];
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Empty: not known. */
  readonly ports: readonly number[];
}

/** Where nothing says a port. */
const anyPort = { inbound: 8080, outbound: 8081 };

export function podsOf(deliveries: readonly Delivery[]): Pod[] {
  const pods = new Map<string, { readonly meant: Meant; readonly wanted: (readonly [Delivery, DeliveredFilter])[] }>();
  for (const delivery of deliveries) {
    for (const filter of delivery.filters) {
      for (const meant of meantBy(delivery, filter)) {
        const key = JSON.stringify([meant.type, meant.namespace, meant.labels]);
        const pod = pods.get(key) ?? { meant, wanted: [] };
        pod.wanted.push([delivery, filter]);
        pods.set(key, pod);
      }
    }
  }
  return [...pods.values()].map(({ meant, wanted }) => podOf(meant, wanted));
}

function meantBy({ manifest, labels, targets, workloads }: Delivery, { side }: DeliveredFilter): Meant[] {
  const namespace = manifest.namespace || defaultNamespace;
  if (targets.length > 0) {
    const gateways = targets.filter(({ kind }) => kind === "Gateway");
    if (gateways.length < targets.length)
      manifest.report(["spec"], "not tried on Istio for all its targets: only gateways can be", "warning");
    return gateways.map(({ name }) => ({
      ...{ type: "router" as const, namespace, ports: [] },
      labels: { "gateway.networking.k8s.io/gateway-name": name },
    }));
  }
  if (workloads.length === 0) {
    const type = side === "gateway" ? "router" : "sidecar";
    return [{ type, namespace, labels: labels ?? { app: "any" }, ports: [] }];
  }
  const wanted = side === "gateway" ? "gateway" : "sidecar";
  return workloads
    .filter(({ kind }) => kind === wanted)
    .map((workload) => ({
      type: wanted === "gateway" ? ("router" as const) : ("sidecar" as const),
      namespace: workload.namespace || namespace,
      labels: workload.labels,
      ports: workload.ports,
    }));
}

function podOf({ type, namespace, labels, ports }: Meant, wanted: Pod["wanted"]): Pod {
  const portsOf = (isOutbound: boolean) =>
    wanted
      .filter(([, { side }]) => (side === "outbound") === isOutbound)
      .flatMap(([, { port }]) => (port === null ? [] : [port]));
  const [inbound, outbound] = [ports.length > 0 ? ports : portsOf(false), portsOf(true)];
  const hasOutbound = wanted.some(([, { side }]) => side === "outbound");
  const text = Object.entries(labels).map((label) => label.join("="));
  return {
    ...{ type, namespace, labels, wanted },
    title: `${type === "router" ? "gateway" : type} ${text.join(",")} in ${namespace}`,
    ports: unique(inbound.length > 0 ? inbound : [anyPort.inbound]),
    outboundPorts: unique(hasOutbound && outbound.length === 0 ? [anyPort.outbound] : outbound),
  };
}

const unique = (numbers: readonly number[]) => [...new Set(numbers)];
