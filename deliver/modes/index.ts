/** The ways of delivering, listed once: the command line takes its choices from here. */
import type { Limits } from "../limits.ts";
import type { DeliveryPlan } from "../plan.ts";
import type { Resource } from "../resources/metadata.ts";
import { envoyExtensionPolicy, envoyExtensionPolicyLimits } from "./envoy-extension-policy.ts";
import { eitherFilter, envoyFilterLimits } from "./envoy-filter.ts";
import { trafficExtension, wasmPlugin, wasmPluginLimits } from "./wasm-plugin.ts";

export interface DeliveryMode {
  /** As `pwk manifest <name>`. */
  readonly name: string;
  /** One line for help and documentation. */
  readonly description: string;
  /** What it refuses a plan for. */
  readonly limits: Limits;
  resources(plan: DeliveryPlan): readonly Resource[];
}

export const deliveryModes: readonly DeliveryMode[] = [
  {
    name: "envoyfilter",
    description: "EnvoyFilter of Istio: the module is a file in the proxy's container, in the manifest, or fetched",
    limits: envoyFilterLimits,
    resources: (plan) => [eitherFilter(plan)],
  },
  {
    name: "wasmplugin",
    description: "WasmPlugin of Istio: the module is fetched, or a file in the proxy's container",
    limits: wasmPluginLimits,
    resources: (plan) => [wasmPlugin(plan)],
  },
  {
    name: "trafficextension",
    description: "TrafficExtension, which takes the place of WasmPlugin from Istio 1.30 on",
    limits: wasmPluginLimits,
    resources: (plan) => [trafficExtension(plan)],
  },
  {
    name: "extensionpolicy",
    description: "EnvoyExtensionPolicy of Envoy Gateway: its controller fetches the module",
    limits: envoyExtensionPolicyLimits,
    resources: (plan) => [envoyExtensionPolicy(plan)],
  },
];
