/** EnvoyFilter with a module that already lies in the proxy's container: nothing is fetched, Envoy alone is enough. */
import { checkPlan, type DeliveryPlan, modulePathOf } from "../plan.ts";
import { type EnvoyFilter, listenerMatch, type WasmFilterConfig } from "../resources/envoy-filter.ts";

/** The resource for a plan. Throws `InvalidPlan`. */
export function envoyFilter(plan: DeliveryPlan): EnvoyFilter {
  checkPlan(plan);
  const { name, namespace, selector, priority } = plan;
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name, namespace },
    spec: {
      ...(priority !== undefined && { priority }),
      ...(selector !== "*" && { workloadSelector: { labels: selector } }),
      configPatches: [
        {
          applyTo: "HTTP_FILTER",
          match: listenerMatch(plan, {
            name: "envoy.filters.network.http_connection_manager",
            subFilter: { name: plan.before ?? "envoy.filters.http.router" },
          }),
          patch: { operation: "INSERT_BEFORE", value: { name, typed_config: wasmFilterConfig(plan) } },
        },
      ],
    },
  };
}

function wasmFilterConfig(plan: DeliveryPlan): WasmFilterConfig {
  const {
    name,
    rootId = name,
    failurePolicy = "FAIL_CLOSED",
    allowOnHeadersStopIteration = true,
    configuration,
    vmId,
  } = plan;
  const environment = environmentVariables(plan);
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
    config: {
      name,
      root_id: rootId,
      failure_policy: failurePolicy,
      allow_on_headers_stop_iteration: allowOnHeadersStopIteration,
      ...(configuration !== undefined && { configuration: wellKnown(configuration) }),
      vm_config: {
        ...(vmId !== undefined && { vm_id: vmId }),
        runtime: "envoy.wasm.runtime.v8",
        code: { local: { filename: modulePathOf(plan) } },
        ...(environment && { environment_variables: environment }),
      },
    },
  };
}

/** Envoy gives the value inside of these two to the filter unchanged. */
function wellKnown(configuration: unknown): NonNullable<WasmFilterConfig["config"]["configuration"]> {
  if (configuration instanceof Uint8Array) {
    const value = Buffer.from(configuration).toString("base64");
    return { "@type": "type.googleapis.com/google.protobuf.BytesValue", value };
  }
  // A Struct would turn every number into a double, and lose the order of keys and the lines of errors.
  const value = typeof configuration === "string" ? configuration : JSON.stringify(configuration, null, 2);
  return { "@type": "type.googleapis.com/google.protobuf.StringValue", value };
}

function environmentVariables({ environment = {}, hostEnvironment = [] }: DeliveryPlan) {
  const hasValues = Object.keys(environment).length > 0;
  if (!hasValues && hostEnvironment.length === 0) return undefined;
  return {
    ...(hostEnvironment.length > 0 && { host_env_keys: hostEnvironment }),
    ...(hasValues && { key_values: environment }),
  };
}
