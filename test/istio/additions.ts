/** EnvoyFilters with what users write by hand: clusters that filters call, and filters of TCP connections. */
import { cluster, networkWasm } from "@proxy-wasm-kit/envoy";
import { type FilterSpec, type Surroundings, wasmFilter } from "@proxy-wasm-kit/testing";
import { workload } from "./workload.ts";

const tcpProxy = "envoy.filters.network.tcp_proxy";

/** Istio leaves the names as they are given. */
export const clusterPatches = ({ addresses }: Surroundings["clusters"]): object[] =>
  envoyFilter(
    "clusters",
    addresses.map((address) => ({ applyTo: "CLUSTER", patch: { operation: "ADD", value: cluster(address) } })),
  );

/** Each goes right before the proxy, so the last one ends nearest to it. */
export const networkFilterPatches = (filters: readonly FilterSpec[], port: number): object[] =>
  envoyFilter(
    "network-filters",
    filters.map((filter) => ({
      applyTo: "NETWORK_FILTER",
      match: {
        context: "SIDECAR_INBOUND",
        listener: { portNumber: port, filterChain: { filter: { name: tcpProxy } } },
      },
      patch: { operation: "INSERT_BEFORE", value: networkWasm(wasmFilter(filter)) },
    })),
  );

/** None when there is nothing to patch: Istio takes no empty list. */
function envoyFilter(name: string, configPatches: readonly object[]): object[] {
  if (configPatches.length === 0) return [];
  const metadata = { name, namespace: workload.namespace };
  const spec = { workloadSelector: { labels: workload.labels }, configPatches };
  return [{ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", metadata, spec }];
}
