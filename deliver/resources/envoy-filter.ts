/** Source: istio.io/api networking/v1alpha3 `EnvoyFilter`, as far as it is written here. */
import type { FailurePolicy, ListenerTarget, ProxyContext, Target, TargetRef } from "../plan.ts";
import type { Metadata } from "./metadata.ts";

export interface EnvoyFilter<Patch = HttpFilterPatch> {
  /** There is no v1; istioctl takes one for valid and istiod then ignores it. */
  readonly apiVersion: "networking.istio.io/v1alpha3";
  readonly kind: "EnvoyFilter";
  readonly metadata: Metadata;
  readonly spec: {
    readonly priority?: number;
    /** Absent: every workload of the namespace. */
    readonly workloadSelector?: { readonly labels: Readonly<Record<string, string>> };
    readonly targetRefs?: readonly TargetRef[];
    readonly configPatches: readonly Patch[];
  };
}

/** The resource around its patches. */
export function envoyFilterOf<Patch>(
  { name, namespace, selector, priority, targetRefs }: Target & { readonly targetRefs?: readonly TargetRef[] },
  configPatches: readonly Patch[],
): EnvoyFilter<Patch> {
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name, namespace },
    spec: {
      ...(priority !== undefined && { priority }),
      ...(targetRefs !== undefined && { targetRefs }),
      ...(selector !== "*" && { workloadSelector: { labels: selector } }),
      configPatches,
    },
  };
}

export interface HttpFilterPatch<
  Value = { readonly name: string; readonly typed_config: WasmFilterConfig<LocalCode> },
> {
  readonly applyTo: "HTTP_FILTER";
  readonly match: ListenerMatch<{
    readonly name: "envoy.filters.network.http_connection_manager";
    readonly subFilter: { readonly name: string };
  }>;
  readonly patch: {
    readonly operation: "INSERT_BEFORE" | "INSERT_AFTER";
    readonly value: Value;
  };
}

/** A filter whose configuration comes by itself (ECDS), and that configuration; one name for both. */
export type DiscoveryPatch =
  | {
      readonly applyTo: "EXTENSION_CONFIG";
      readonly match: { readonly context: ProxyContext; readonly proxy?: { readonly proxyVersion: string } };
      readonly patch: {
        readonly operation: "ADD";
        readonly value: { readonly name: string; readonly typed_config: WasmFilterConfig<RemoteCode> };
      };
    }
  | HttpFilterPatch<{
      readonly name: string;
      readonly config_discovery: {
        readonly config_source: {
          readonly ads: Readonly<Record<string, never>>;
          readonly initial_fetch_timeout: string;
          readonly resource_api_version: string;
        };
        readonly type_urls: readonly string[];
      };
    }>;

export interface NetworkFilterPatch {
  readonly applyTo: "NETWORK_FILTER";
  readonly match: ListenerMatch<{ readonly name: "envoy.filters.network.http_connection_manager" }>;
  readonly patch: {
    readonly operation: "MERGE";
    readonly value: {
      readonly name: "envoy.filters.network.http_connection_manager";
      readonly typed_config: { readonly "@type": string; readonly access_log: readonly AccessLog[] };
    };
  };
}

export interface ListenerMatch<Filter> {
  readonly context: ProxyContext;
  readonly proxy?: { readonly proxyVersion: string };
  readonly listener: { readonly portNumber?: number; readonly filterChain: { readonly filter: Filter } };
}

/** The filter in the listeners of a target. */
export const listenerMatch = <Filter>(
  { context, port, proxyVersion }: ListenerTarget,
  filter: Filter,
): ListenerMatch<Filter> => ({
  context,
  ...(proxyVersion !== undefined && { proxy: { proxyVersion } }),
  listener: { ...(port !== undefined && { portNumber: port }), filterChain: { filter } },
});

/** Source: envoy api/envoy/extensions/access_loggers/stats/v3/stats.proto. */
export interface AccessLog {
  readonly name: "envoy.access_loggers.stats";
  readonly typed_config: {
    readonly "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config";
    readonly stat_prefix: string;
    readonly counters: readonly {
      readonly stat: {
        readonly name: string;
        readonly tags: readonly { readonly name: string; readonly value_format: string }[];
      };
      readonly value_fixed: number;
    }[];
  };
}

export interface HttpRoutePatch {
  readonly applyTo: "HTTP_ROUTE";
  readonly match: {
    readonly context: ProxyContext;
    readonly proxy?: { readonly proxyVersion: string };
    readonly routeConfiguration: {
      readonly vhost: { readonly name: string; readonly route: { readonly name?: string; readonly action: "ROUTE" } };
    };
  };
  readonly patch: {
    /** The second one puts a list in the place of what is there, the first adds to it. */
    readonly operation: "MERGE" | "MERGE_AND_REPLACE_LIST";
    readonly value: { readonly route: { readonly request_mirror_policies: readonly RequestMirrorPolicy[] } };
  };
}

/** Source: envoy api/envoy/config/route/v3/route_components.proto. */
export interface RequestMirrorPolicy {
  readonly cluster: string;
  readonly runtime_fraction?: {
    readonly default_value: { readonly numerator: number; readonly denominator: "MILLION" };
  };
  readonly trace_sampled: boolean;
  readonly disable_shadow_host_suffix_append: boolean;
}

/** Source: envoy api/envoy/extensions/filters/http/wasm/v3/wasm.proto and wasm/v3/wasm.proto. */
export interface WasmFilterConfig<Code = LocalCode> {
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
      readonly code: Code;
      readonly environment_variables?: {
        readonly host_env_keys?: readonly string[];
        readonly key_values?: Readonly<Record<string, string>>;
      };
    };
  };
}

/** Source: envoy api/envoy/config/core/v3/base.proto, `AsyncDataSource`. Bytes are in base64. */
export interface LocalCode {
  readonly local: { readonly filename: string } | { readonly inline_bytes: string };
}

export interface RemoteCode {
  readonly remote: {
    readonly http_uri: { readonly uri: string; readonly timeout: string; readonly cluster: string };
    readonly sha256?: string;
  };
}
