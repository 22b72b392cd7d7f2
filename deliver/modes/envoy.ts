/** The filter as a piece of a configuration file of Envoy's own, without any control plane. */

import type { Limits } from "../limits.ts";
import { checkPlugin, type PluginPlan } from "../plan.ts";
import type { LocalCode, WasmFilterConfig } from "../resources/envoy-filter.ts";
import { localCode, wasmFilterConfig } from "./plugin-config.ts";

/** An element of `http_filters`. */
export interface HttpFilter {
  readonly name: string;
  readonly typed_config: WasmFilterConfig<LocalCode>;
}

const limits: Limits = {
  sources: {
    url: "expected a file or a module in the configuration; Envoy's own fetching is unstable, as its log says itself",
  },
};

/** The filter for a plan: it goes before the router, in `http_filters` of the HTTP connection manager. Throws `InvalidPlan`. */
export function envoyHttpFilter(plan: PluginPlan): HttpFilter {
  checkPlugin(plan, limits);
  return { name: plan.name, typed_config: wasmFilterConfig(plan, localCode(plan)) };
}
