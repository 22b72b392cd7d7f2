/** Names of filters that a patch can stand before or after. Source: what istiod writes, pilot/pkg/networking/core. */
import { shown } from "./finding.ts";
import { didYouMean, nearest } from "./similar.ts";

export const connectionManager = "envoy.filters.network.http_connection_manager";
export const router = "envoy.filters.http.router";

/** In HTTP chains of Istio, always or when an object asks for them. */
const httpFilters = [
  router,
  "envoy.filters.http.cors",
  "envoy.filters.http.fault",
  "envoy.filters.http.grpc_stats",
  "envoy.filters.http.grpc_web",
  "envoy.filters.http.rbac",
  "envoy.filters.http.jwt_authn",
  "envoy.filters.http.ext_authz",
  "envoy.filters.http.ext_proc",
  "envoy.filters.http.stateful_session",
  "envoy.filters.http.connect_authority",
  "envoy.filters.http.set_filter_state",
  "istio.metadata_exchange",
  "istio.alpn",
  "istio.stats",
  "istio_authn",
  "waypoint_downstream_peer_metadata",
  "waypoint_upstream_peer_metadata",
];

const networkFilters = [
  connectionManager,
  "envoy.filters.network.tcp_proxy",
  "envoy.filters.network.rbac",
  "envoy.filters.network.redis_proxy",
  "envoy.filters.network.mongo_proxy",
  "envoy.filters.network.mysql_proxy",
  "envoy.filters.network.sni_cluster",
  "envoy.filters.network.set_filter_state",
  "istio.metadata_exchange",
  "istio.stats",
  "istio_authn",
  "tcp_cluster_rewrite",
];

/** Nothing can stand behind them. */
export const terminalFilters = [
  connectionManager,
  "envoy.filters.network.tcp_proxy",
  "envoy.filters.network.redis_proxy",
];

/** Names of Envoy's first API, which match nothing today. */
const oldNames: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "envoy.http_connection_manager": connectionManager,
    "envoy.tcp_proxy": "envoy.filters.network.tcp_proxy",
    "envoy.router": router,
    "envoy.cors": "envoy.filters.http.cors",
    "envoy.fault": "envoy.filters.http.fault",
    "envoy.ext_authz": "envoy.filters.http.ext_authz",
    "envoy.grpc_web": "envoy.filters.http.grpc_web",
  }),
);

export interface ChainNames {
  /** Names that other patches or the user say are there. */
  readonly others: ReadonlySet<string>;
  readonly istioMinor: number;
}

/** What is wrong with a name to be found in a chain, or null. */
export function unknownFilter(
  name: string,
  kind: "http" | "network",
  { others, istioMinor }: ChainNames,
): string | null {
  const known = kind === "http" ? httpFilters : networkFilters;
  if (known.includes(name) || others.has(name)) return null;
  const nothing = "so the patch is dropped without a word";
  const newName = oldNames.get(name);
  if (newName !== undefined)
    return `no chain has a filter of the old name ${shown(name)}, ${nothing}; write ${shown(newName)}`;
  const extension = /^extensions\.istio\.io\/(wasmplugin|trafficextension)\/([^/]+\.[^/]+)$/.exec(name);
  if (extension !== null) {
    const [, resource, object = ""] = extension;
    if (resource === "trafficextension" || istioMinor < 30) return null;
    const now = `extensions.istio.io/trafficextension/${object}~istio-translated-wasmplugin`;
    return `no chain has a filter of this name from Istio 1.30 on, ${nothing}; write ${shown(now)}`;
  }
  const guess = nearest(name, [...known, ...others]);
  const mend =
    guess === null ? "; when another manifest puts it there, check them together" : didYouMean(name, [guess]);
  return `no chain of Istio has a filter ${shown(name)}, ${nothing}${mend}`;
}
