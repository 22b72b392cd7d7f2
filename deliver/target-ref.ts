/** Objects that policies can be for, as people write them: "gateway/eg". */
import { gatewayGroup } from "./limits.ts";
import type { TargetRef } from "./plan.ts";

/** Istio's waypoints and gateways, and Envoy Gateway's. */
const kinds: Readonly<Record<string, Omit<TargetRef, "name">>> = {
  gateway: { group: gatewayGroup, kind: "Gateway" },
  httproute: { group: gatewayGroup, kind: "HTTPRoute" },
  grpcroute: { group: gatewayGroup, kind: "GRPCRoute" },
  service: { group: "", kind: "Service" },
  serviceentry: { group: "networking.istio.io", kind: "ServiceEntry" },
};

export const targetRefKinds: readonly string[] = Object.keys(kinds);

/** The kind in any case. */
export const kindOfTargetRef = (name: string): string | undefined => kinds[name.toLowerCase()]?.kind;

/** undefined: not of this form, or of another kind. */
export function parseTargetRef(text: string): TargetRef | undefined {
  const [, kind = "", name = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const found = kinds[kind.toLowerCase()];
  return found === undefined || name === "" ? undefined : { ...found, name };
}
