/** The one plugin configuration of Envoy, and the three places it stands in: HTTP filter, TCP filter, service. */
import { extension, type Message, typeUrl } from "./message.ts";

export type FailurePolicy = "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";

/** One `envoy.extensions.wasm.v3.PluginConfig`. */
export interface WasmFilter {
  /** Name of the plugin and of the filter. */
  readonly name: string;
  /** Path of the module. */
  readonly file: string;
  readonly rootId: string;
  /** VMs of one id share data and queues. Default: none. */
  readonly vmId?: string;
  /** Text goes to the filter as it is, and so do bytes. Default: none. */
  readonly configuration?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly failurePolicy: FailurePolicy;
  /** Whether a filter that pauses in the headers is given the body. */
  readonly allowOnHeadersStopIteration: boolean;
}

/** `envoy.extensions.filters.http.wasm.v3.Wasm`. */
export const wasm = (filter: WasmFilter): Message => ({
  "@type": typeUrl("filters.http.wasm.v3.Wasm"),
  config: pluginConfig(filter),
});

/** `envoy.extensions.filters.network.wasm.v3.Wasm`, as a filter of a filter chain. */
export const networkWasm = (filter: WasmFilter): Message =>
  extension(filter.name, { "@type": typeUrl("filters.network.wasm.v3.Wasm"), config: pluginConfig(filter) });

/** `envoy.extensions.wasm.v3.WasmService`, one VM on the main thread, as a bootstrap extension. */
export const wasmService = (service: WasmFilter): Message =>
  extension("envoy.bootstrap.wasm", {
    "@type": typeUrl("wasm.v3.WasmService"),
    config: pluginConfig(service),
    singleton: true,
  });

function pluginConfig(filter: WasmFilter): Message {
  const { environment = {} } = filter;
  return {
    name: filter.name,
    root_id: filter.rootId,
    failure_policy: filter.failurePolicy,
    allow_on_headers_stop_iteration: filter.allowOnHeadersStopIteration,
    ...(filter.configuration === undefined ? {} : { configuration: wellKnown(filter.configuration) }),
    vm_config: {
      ...(filter.vmId === undefined ? {} : { vm_id: filter.vmId }),
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: filter.file } },
      ...(Object.keys(environment).length === 0 ? {} : { environment_variables: { key_values: environment } }),
    },
  };
}

/** Envoy gives the value inside of these two to the filter unchanged. */
const wellKnown = (value: string | Uint8Array): Message =>
  typeof value === "string"
    ? { "@type": "type.googleapis.com/google.protobuf.StringValue", value }
    : { "@type": "type.googleapis.com/google.protobuf.BytesValue", value: Buffer.from(value).toString("base64") };
