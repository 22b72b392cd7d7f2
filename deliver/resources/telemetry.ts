/** Source: istio.io/api telemetry/v1alpha1 `Telemetry`, as far as it is written here. */
import type { Metadata } from "./metadata.ts";

/** Of `MetricSelector.IstioMetric` those of HTTP and gRPC: attributes are made of requests. */
export const istioMetrics = [
  ...["ALL_METRICS", "REQUEST_COUNT", "REQUEST_DURATION", "REQUEST_SIZE", "RESPONSE_SIZE"],
  ...["GRPC_REQUEST_MESSAGES", "GRPC_RESPONSE_MESSAGES"],
] as const;

/** `WorkloadMode`: the side that reports. */
export const workloadModes = ["SERVER", "CLIENT", "CLIENT_AND_SERVER"] as const;
export type WorkloadMode = (typeof workloadModes)[number];

export interface Telemetry {
  readonly apiVersion: "telemetry.istio.io/v1";
  readonly kind: "Telemetry";
  readonly metadata: Metadata;
  readonly spec: {
    /** Absent: every workload of the namespace. */
    readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly metrics: readonly {
      readonly providers: readonly { readonly name: string }[];
      readonly overrides: readonly {
        readonly match: { readonly metric: string; readonly mode: WorkloadMode };
        /** By the name of the tag; a value is a CEL expression. */
        readonly tagOverrides: Readonly<Record<string, { readonly operation: "UPSERT"; readonly value: string }>>;
      }[];
    }[];
  };
}
