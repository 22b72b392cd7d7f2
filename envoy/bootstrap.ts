/** Envoy bootstraps as typed objects: one listener, its filters, one upstream. `yaml` makes text of them. */
import { accessLogFormat } from "./log.ts";

/** A plain object in the JSON mapping of an Envoy message. */
export interface Message {
  readonly [field: string]: Value;
}
type Value = string | number | boolean | Message | readonly Value[];

export type FailurePolicy = "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";

/** One `envoy.filters.http.wasm`. */
export interface WasmFilter {
  /** Name of the plugin and of the filter. */
  readonly name: string;
  /** Path of the module. */
  readonly file: string;
  readonly rootId: string;
  /** Text goes to the filter as it is, and so do bytes. Default: none. */
  readonly configuration?: string | Uint8Array;
  readonly environment?: Readonly<Record<string, string>>;
  readonly failurePolicy: FailurePolicy;
  /** Whether a filter that pauses in the headers is given the body. */
  readonly allowOnHeadersStopIteration: boolean;
}

export interface Address {
  /** Host name or IP address. */
  readonly host: string;
  /** 0 = any free one, for listeners. */
  readonly port: number;
}

export interface BootstrapOptions {
  /** In the order requests pass them. */
  readonly filters: readonly WasmFilter[];
  readonly listen: Address;
  readonly admin: Address;
  readonly upstream: Address;
  /** What the HTTP and the connection access log write, as operators; see `accessLogFormat`. Default: no access log. */
  readonly accessLog?: { readonly stream: readonly string[]; readonly connection: readonly string[] };
  /** `per_connection_buffer_limit_bytes` on both sides. Default: Envoy's, 1 MiB. */
  readonly bufferLimitBytes?: number;
  /** Upgrade types let through, such as "websocket". */
  readonly upgrades?: readonly string[];
}

/** The name of the listener in every bootstrap made here. */
export const listenerName = "http";

/** `envoy.config.bootstrap.v3.Bootstrap`. Nothing is added to requests and responses that filters did not add. */
export function bootstrap(options: BootstrapOptions): Message {
  return {
    admin: { address: socketAddress(options.admin) },
    static_resources: { listeners: [listener(options)], clusters: [cluster(options)] },
  };
}

function listener(options: BootstrapOptions): Message {
  const { accessLog, bufferLimitBytes } = options;
  return {
    name: listenerName,
    address: socketAddress(options.listen),
    ...(bufferLimitBytes === undefined ? {} : { per_connection_buffer_limit_bytes: bufferLimitBytes }),
    ...(accessLog === undefined ? {} : { access_log: [stderrLog(accessLog.connection)] }),
    filter_chains: [
      { filters: [extension("envoy.filters.network.http_connection_manager", connectionManager(options))] },
    ],
  };
}

function connectionManager({ accessLog, filters, upgrades = [] }: BootstrapOptions): Message {
  return {
    "@type": typeUrl("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: listenerName,
    codec_type: "AUTO",
    generate_request_id: false,
    server_header_transformation: "PASS_THROUGH",
    http_protocol_options: { enable_trailers: true },
    // How long a client may take to read a last answer before its connection is closed; all of them are near.
    delayed_close_timeout: "0.1s",
    upgrade_configs: upgrades.map((type) => ({ upgrade_type: type })),
    ...(accessLog === undefined ? {} : { access_log: [stderrLog(accessLog.stream)] }),
    route_config: {
      virtual_hosts: [
        {
          name: "all",
          domains: ["*"],
          routes: [{ match: { prefix: "/" }, route: { cluster: "upstream", timeout: "0s" } }],
        },
      ],
    },
    http_filters: [
      ...filters.map((filter) => extension(filter.name, wasm(filter))),
      extension("envoy.filters.http.router", {
        "@type": typeUrl("filters.http.router.v3.Router"),
        suppress_envoy_headers: true,
      }),
    ],
  };
}

/** `envoy.extensions.filters.http.wasm.v3.Wasm`. */
export function wasm(filter: WasmFilter): Message {
  const { environment = {} } = filter;
  return {
    "@type": typeUrl("filters.http.wasm.v3.Wasm"),
    config: {
      name: filter.name,
      root_id: filter.rootId,
      failure_policy: filter.failurePolicy,
      allow_on_headers_stop_iteration: filter.allowOnHeadersStopIteration,
      ...(filter.configuration === undefined ? {} : { configuration: wellKnown(filter.configuration) }),
      vm_config: {
        runtime: "envoy.wasm.runtime.v8",
        code: { local: { filename: filter.file } },
        ...(Object.keys(environment).length === 0 ? {} : { environment_variables: { key_values: environment } }),
      },
    },
  };
}

/** Envoy gives the value inside of these two to the filter unchanged. */
const wellKnown = (value: string | Uint8Array): Message =>
  typeof value === "string"
    ? { "@type": "type.googleapis.com/google.protobuf.StringValue", value }
    : { "@type": "type.googleapis.com/google.protobuf.BytesValue", value: Buffer.from(value).toString("base64") };

function cluster({ upstream, bufferLimitBytes }: BootstrapOptions): Message {
  return {
    name: "upstream",
    type: "STRICT_DNS",
    ...(bufferLimitBytes === undefined ? {} : { per_connection_buffer_limit_bytes: bufferLimitBytes }),
    load_assignment: {
      cluster_name: "upstream",
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(upstream) } }] }],
    },
    typed_extension_protocol_options: {
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
        "@type": typeUrl("upstreams.http.v3.HttpProtocolOptions"),
        explicit_http_config: { http_protocol_options: { enable_trailers: true } },
      },
    },
  };
}

const stderrLog = (operators: readonly string[]): Message =>
  extension("envoy.access_loggers.stderr", {
    "@type": typeUrl("access_loggers.stream.v3.StderrAccessLog"),
    log_format: { text_format_source: { inline_string: accessLogFormat(operators) } },
  });

const extension = (name: string, config: Message): Message => ({ name, typed_config: config });

const typeUrl = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;

const socketAddress = ({ host, port }: Address): Message => ({ socket_address: { address: host, port_value: port } });
