/** Source: istio.io/api networking/v1alpha3 `EnvoyFilter`, as far as it is written here. */
import type { FailurePolicy, ProxyContext } from "../plan.ts";
import type { Metadata } from "./metadata.ts";

export interface EnvoyFilter {
  /** There is no v1; istioctl takes one for valid and istiod then ignores it. */
  readonly apiVersion: "networking.istio.io/v1alpha3";
  readonly kind: "EnvoyFilter";
  readonly metadata: Metadata;
  readonly spec: {
    readonly priority?: number;
    /** Absent: every workload of the namespace. */
    readonly workloadSelector?: { readonly labels: Readonly<Record<string, string>> };
    readonly configPatches: readonly HttpFilterPatch[];
  };
}

export interface HttpFilterPatch {
  readonly applyTo: "HTTP_FILTER";
  readonly match: {
    readonly context: ProxyContext;
    readonly proxy?: { readonly proxyVersion: string };
    readonly listener: {
      readonly portNumber?: number;
      readonly filterChain: {
        readonly filter: {
          readonly name: "envoy.filters.network.http_connection_manager";
          readonly subFilter: { readonly name: string };
        };
      };
    };
  };
  readonly patch: {
    readonly operation: "INSERT_BEFORE";
    readonly value: { readonly name: string; readonly typed_config: WasmFilterConfig };
  };
}

/** Source: envoy api/envoy/extensions/filters/http/wasm/v3/wasm.proto and wasm/v3/wasm.proto. */
export interface WasmFilterConfig {
  readonly "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
  readonly config: {
    readonly name: string;
    readonly root_id: string;
    readonly failure_policy: FailurePolicy;
    readonly allow_on_headers_stop_iteration: boolean;
    readonly configuration?: {
      readonly "@type": `type.googleapis.com/google.protobuf.${"StringValue" | "BytesValue"}`;
      /** Bytes are in base64. */
      readonly value: string;
    };
    readonly vm_config: {
      readonly vm_id?: string;
      readonly runtime: "envoy.wasm.runtime.v8";
      readonly code: { readonly local: { readonly filename: string } };
      readonly environment_variables?: {
        readonly host_env_keys?: readonly string[];
        readonly key_values?: Readonly<Record<string, string>>;
      };
    };
  };
}
