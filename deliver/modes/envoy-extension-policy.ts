/** EnvoyExtensionPolicy of Envoy Gateway, whose controller fetches the module and serves it to the proxies. */

import { gatewayGroup, type Limits } from "../limits.ts";
import { checkPlan, type DeliveryPlan, rootIdOf } from "../plan.ts";
import { check, InvalidPlan } from "../problems.ts";
import type { EnvoyExtensionPolicy, GatewayCode } from "../resources/envoy-extension-policy.ts";
import type { RemoteModule } from "../source.ts";
import { structOf } from "./struct.ts";

const fetchOnly = "expected a url, as Envoy Gateway takes the module from a registry or a server only";
export const envoyExtensionPolicyLimits: Limits = {
  lacks: {
    allowOnHeadersStopIteration:
      "an EnvoyExtensionPolicy cannot say so, and without it a body never comes while headers are held; use an " +
      "EnvoyPatchPolicy with the filter of pwk manifest envoy",
    selector: "is for Istio; Envoy Gateway wants targetRefs",
    port: "is for Istio; a targetRef to a Gateway or a route says where",
    before: "is for Istio; EnvoyProxy has filterOrder",
    after: "is for Istio; EnvoyProxy has filterOrder",
    phase: "is for Istio; EnvoyProxy has filterOrder",
    priority: "is for Istio; EnvoyProxy has filterOrder",
    proxyVersion: "is for Istio",
    vmId: "is for EnvoyFilter",
    environment: "Envoy Gateway gives variables of the proxy's own environment only (hostEnvironment)",
  },
  targetKinds: { Gateway: gatewayGroup, HTTPRoute: gatewayGroup, GRPCRoute: gatewayGroup },
  sources: { file: fetchOnly, inline: fetchOnly },
};

/** The resource for a plan. Throws `InvalidPlan`. */
export function envoyExtensionPolicy(plan: DeliveryPlan): EnvoyExtensionPolicy {
  checkPlan(plan, envoyExtensionPolicyLimits);
  const { name, namespace, targetRefs = [], failurePolicy, configuration, hostEnvironment = [] } = plan;
  checkTargets(plan);
  return {
    apiVersion: "gateway.envoyproxy.io/v1alpha1",
    kind: "EnvoyExtensionPolicy",
    metadata: { name, namespace },
    spec: {
      targetRefs,
      wasm: [
        {
          name,
          rootID: rootIdOf(plan),
          code: codeOf(plan.source as RemoteModule),
          ...(configuration !== undefined && { config: structOf(configuration) }),
          failOpen: failurePolicy === "FAIL_OPEN",
          ...(hostEnvironment.length > 0 && { env: { hostKeys: hostEnvironment } }),
        },
      ],
    },
  };
}

function checkTargets({ targetRefs = [], failurePolicy }: DeliveryPlan): void {
  const problems = [
    ...check(targetRefs.length > 0, "/targetRefs", "at least one, such as a Gateway", targetRefs),
    ...check(
      failurePolicy !== "FAIL_RELOAD",
      "/failurePolicy",
      "FAIL_CLOSED or FAIL_OPEN, as Envoy Gateway has no other",
      failurePolicy,
    ),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}

/** References of images have no scheme here. */
function codeOf({ url, sha256, pullPolicy, pullSecret }: RemoteModule): GatewayCode {
  const digest = sha256 === undefined ? {} : { sha256 };
  const policy = pullPolicy === undefined ? {} : { pullPolicy };
  if (url.startsWith("oci://")) {
    const secret = pullSecret === undefined ? {} : { pullSecretRef: { kind: "Secret" as const, name: pullSecret } };
    return { type: "Image", image: { url: url.slice("oci://".length), ...digest, ...secret }, ...policy };
  }
  if (pullSecret !== undefined) throw new InvalidPlan(["/source/pullSecret: is for oci:// only"]);
  return { type: "HTTP", http: { url, ...digest }, ...policy };
}
