/** WasmPlugin, and TrafficExtension that takes its place from Istio 1.30 on: Istio's agent fetches the module. */

import { gatewayGroup, type Limits } from "../limits.ts";
import { checkPlan, type DeliveryPlan, modulePathOf, type ProxyContext, rootIdOf } from "../plan.ts";
import type { Attachment, TrafficExtension, WasmConfig, WasmPlugin } from "../resources/wasm-plugin.ts";
import { structOf } from "./struct.ts";

export const wasmPluginLimits: Limits = {
  lacks: {
    allowOnHeadersStopIteration:
      "a WasmPlugin or TrafficExtension cannot say so, and without it a body never comes while headers are held; use an " +
      "EnvoyFilter (pwk manifest envoyfilter), which takes the same url",
    before: "is for EnvoyFilter; phase and priority say the order here",
    after: "is for EnvoyFilter; phase and priority say the order here",
    proxyVersion: "is for EnvoyFilter",
    vmId: "is for EnvoyFilter",
  },
  targetKinds: { Gateway: gatewayGroup, Service: "", ServiceEntry: "networking.istio.io" },
  sources: { inline: "expected a url or a file, found a module in the manifest, which only an EnvoyFilter can have" },
};

/** The resource for a plan. `priority`: higher first inside a phase. Throws `InvalidPlan`. */
export function wasmPlugin(plan: DeliveryPlan): WasmPlugin {
  checkPlan(plan, wasmPluginLimits);
  const { name, namespace } = plan;
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "WasmPlugin",
    metadata: { name, namespace },
    spec: { ...attachment(plan), ...wasmConfig(plan) },
  };
}

/** The same as a TrafficExtension. Throws `InvalidPlan`. */
export function trafficExtension(plan: DeliveryPlan): TrafficExtension {
  checkPlan(plan, wasmPluginLimits);
  const { name, namespace } = plan;
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "TrafficExtension",
    metadata: { name, namespace },
    spec: { ...attachment(plan), wasm: wasmConfig(plan) },
  };
}

/** Gateways have one side only. */
const modes: Readonly<Record<ProxyContext, "SERVER" | "CLIENT" | undefined>> = {
  SIDECAR_INBOUND: "SERVER",
  SIDECAR_OUTBOUND: "CLIENT",
  GATEWAY: undefined,
};

function attachment(plan: DeliveryPlan): Attachment {
  const { selector, targetRefs, context, port, priority, phase = plan.filter?.phase } = plan;
  // A waypoint is none of the three, and what it does for a service has no side.
  const mode = targetRefs === undefined ? modes[context] : undefined;
  const match = { ...(mode && { mode }), ...(port !== undefined && { ports: [{ number: port }] }) };
  return {
    ...(targetRefs !== undefined && { targetRefs }),
    ...(selector !== "*" && { selector: { matchLabels: selector } }),
    ...(phase !== undefined && { phase }),
    ...(priority !== undefined && { priority }),
    ...(Object.keys(match).length > 0 && { match: [match] }),
  };
}

const strategies = { FAIL_CLOSED: "FAIL_CLOSE", FAIL_OPEN: "FAIL_OPEN", FAIL_RELOAD: "FAIL_RELOAD" } as const;

function wasmConfig(plan: DeliveryPlan): WasmConfig {
  const { source, failurePolicy = "FAIL_CLOSED", configuration, environment = {}, hostEnvironment = [] } = plan;
  const { sha256, pullPolicy, pullSecret, url } =
    source !== undefined && "url" in source ? source : { url: `file://${modulePathOf(plan)}` };
  const env = [
    ...Object.entries(environment).map(([name, value]) => ({ name, value })),
    ...hostEnvironment.map((name) => ({ name, valueFrom: "HOST" as const })),
  ];
  return {
    url,
    ...(sha256 !== undefined && { sha256 }),
    ...(pullPolicy !== undefined && { imagePullPolicy: pullPolicy }),
    ...(pullSecret !== undefined && { imagePullSecret: pullSecret }),
    pluginName: rootIdOf(plan),
    failStrategy: strategies[failurePolicy],
    ...(configuration !== undefined && { pluginConfig: structOf(configuration) }),
    ...(env.length > 0 && { vmConfig: { env } }),
    type: "HTTP",
  };
}
