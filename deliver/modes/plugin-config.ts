/** The one piece of Envoy's configuration that a Wasm filter is. */
import { modulePathOf, type PluginPlan, rootIdOf } from "../plan.ts";
import type { LocalCode, RemoteCode, WasmFilterConfig } from "../resources/envoy-filter.ts";

/** With a given place of the code; `plan.source` is not looked at. */
export function wasmFilterConfig<Code extends LocalCode | RemoteCode>(
  plan: PluginPlan,
  code: Code,
): WasmFilterConfig<Code> {
  const { name, failurePolicy = "FAIL_CLOSED", allowOnHeadersStopIteration = true, configuration, vmId } = plan;
  const environment = environmentVariables(plan);
  return {
    "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
    config: {
      name,
      root_id: rootIdOf(plan),
      failure_policy: failurePolicy,
      allow_on_headers_stop_iteration: allowOnHeadersStopIteration,
      ...(configuration !== undefined && { configuration: wellKnown(configuration) }),
      vm_config: {
        ...(vmId !== undefined && { vm_id: vmId }),
        runtime: "envoy.wasm.runtime.v8",
        code,
        ...(environment && { environment_variables: environment }),
      },
    },
  };
}

/** In the manifest, or in the proxy's container: Envoy alone is enough. */
export const localCode = (plan: PluginPlan): LocalCode => ({
  local:
    plan.source !== undefined && "inline" in plan.source
      ? { inline_bytes: Buffer.from(plan.source.inline).toString("base64") }
      : { filename: modulePathOf(plan) },
});

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

function environmentVariables({ environment = {}, hostEnvironment = [] }: PluginPlan) {
  const hasValues = Object.keys(environment).length > 0;
  if (!hasValues && hostEnvironment.length === 0) return undefined;
  return {
    ...(hostEnvironment.length > 0 && { host_env_keys: hostEnvironment }),
    ...(hasValues && { key_values: environment }),
  };
}
