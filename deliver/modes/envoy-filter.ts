/**
 * EnvoyFilter: the module is a file in the proxy's container or stands in the manifest, and Envoy alone is enough; or it
 * has a URL, and Istio's agent fetches it.
 */

import { gatewayGroup, type Limits } from "../limits.ts";
import { checkPlan, type DeliveryPlan, routerName } from "../plan.ts";
import { InvalidPlan } from "../problems.ts";
import {
  type DiscoveryPatch,
  type EnvoyFilter,
  envoyFilterOf,
  type HttpFilterPatch,
  listenerMatch,
} from "../resources/envoy-filter.ts";
import { kindOf, type RemoteModule } from "../source.ts";
import { localCode, wasmFilterConfig } from "./plugin-config.ts";

const remote = "the module has a url, which discoveredFilter delivers";

export const envoyFilterLimits = {
  lacks: { phase: "is for WasmPlugin and TrafficExtension; an EnvoyFilter has before and after" },
  targetKinds: { Gateway: gatewayGroup },
} satisfies Limits;

/** The resource for a plan whose module is not fetched. Throws `InvalidPlan`. */
export function envoyFilter(plan: DeliveryPlan): EnvoyFilter {
  checkSide(plan);
  checkPlan(plan, { ...envoyFilterLimits, sources: { url: remote } });
  return envoyFilterOf<HttpFilterPatch>(plan, [
    insertion(plan, { name: plan.name, typed_config: wasmFilterConfig(plan, localCode(plan)) }),
  ]);
}

const fetched: Limits = {
  ...envoyFilterLimits,
  sources: {
    file: "expected a url, found a file in the proxy's container, which envoyFilter delivers",
    inline: "expected a url, found a module in the manifest, which envoyFilter delivers",
  },
};

/**
 * The resource for a plan whose module has a URL. The configuration comes apart from the listener (ECDS), so that the agent
 * beside Envoy sees it: it fetches the module and puts a file in the URL's place. Throws `InvalidPlan`.
 */
export function discoveredFilter(plan: DeliveryPlan): EnvoyFilter<DiscoveryPatch> {
  checkSide(plan);
  checkPlan(plan, fetched);
  const { name, context, proxyVersion } = plan;
  const typed_config = wasmFilterConfig(plan, remoteCode(plan.source as RemoteModule));
  return envoyFilterOf<DiscoveryPatch>(plan, [
    {
      applyTo: "EXTENSION_CONFIG",
      match: { context, ...(proxyVersion !== undefined && { proxy: { proxyVersion } }) },
      patch: { operation: "ADD", value: { name, typed_config } },
    },
    insertion(plan, {
      name,
      config_discovery: {
        config_source: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" },
        // What the agent gives when it cannot fetch the module: an RBAC filter that refuses or lets pass every request.
        type_urls: [typed_config["@type"], "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC"],
      },
    }),
  ]);
}

export const eitherFilter = (plan: DeliveryPlan): EnvoyFilter | EnvoyFilter<DiscoveryPatch> =>
  kindOf(plan.source) === "url" ? discoveredFilter(plan) : envoyFilter(plan);

const insertion = <Value>(plan: DeliveryPlan, value: Value): HttpFilterPatch<Value> => ({
  applyTo: "HTTP_FILTER",
  match: listenerMatch(plan, {
    name: "envoy.filters.network.http_connection_manager",
    subFilter: { name: plan.after ?? plan.before ?? routerName },
  }),
  patch: { operation: plan.after === undefined ? "INSERT_BEFORE" : "INSERT_AFTER", value },
});

/** Istio takes it for valid, and the filter is then nowhere. */
function checkSide({ targetRefs, context }: DeliveryPlan): void {
  if (targetRefs !== undefined && context !== "GATEWAY")
    throw new InvalidPlan([
      `/context: expected GATEWAY beside targetRefs, found ${context}; for a waypoint use a WasmPlugin or TrafficExtension`,
    ]);
}

function remoteCode({ url, sha256, pullPolicy, pullSecret }: RemoteModule) {
  const problems = [
    ...(pullPolicy === undefined
      ? []
      : ["/source/pullPolicy: is for WasmPlugin; name the image by its digest instead"]),
    ...(pullSecret === undefined
      ? []
      : ["/source/pullSecret: is for WasmPlugin; for an EnvoyFilter give the agent a DOCKER_CONFIG instead"]),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
  return {
    remote: {
      // The agent needs no cluster, but Envoy's schema asks for a name.
      http_uri: { uri: url, timeout: "30s", cluster: "_" },
      ...(sha256 !== undefined && { sha256 }),
    },
  };
}
