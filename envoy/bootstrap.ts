/** Envoy bootstraps as typed objects: a listener for HTTP, one for TCP, services, and the clusters of all of them. */
import { type Cluster, cluster } from "./cluster.ts";
import { accessLogFormat } from "./log.ts";
import { type Address, extension, type Message, socketAddress, typeUrl } from "./message.ts";
import { networkWasm, type WasmFilter, wasm, wasmService } from "./plugin.ts";

export interface BootstrapOptions {
  /** In the order requests pass them. */
  readonly filters: readonly WasmFilter[];
  readonly listen: Address;
  readonly admin: Address;
  readonly upstream: Address;
  /** Default: "http1". */
  readonly upstreamProtocol?: "http1" | "http2";
  /** What the HTTP and the connection access log write, as operators; see `accessLogFormat`. Default: no access log. */
  readonly accessLog?: { readonly stream: readonly string[]; readonly connection: readonly string[] };
  /** `per_connection_buffer_limit_bytes` on both sides. Default: Envoy's, 1 MiB. */
  readonly bufferLimitBytes?: number;
  /** Of clients: behind the last one Envoy closes the connection. Default: as many as they like. */
  readonly requestsPerConnection?: number;
  /** How long a client may take to read a last answer before its connection is closed. Default: 100 ms, for those that are near. */
  readonly delayedCloseMs?: number;
  /** Upgrade types let through, such as "websocket". */
  readonly upgrades?: readonly string[];
  /** A second listener, for connections of any protocol. Default: none. */
  readonly tcp?: TcpListener;
  /** Singleton services. */
  readonly services?: readonly WasmFilter[];
  /** What filters call, besides "upstream" and "tcp_upstream". */
  readonly clusters?: readonly Cluster[];
}

export interface TcpListener {
  /** In the order connections pass them. */
  readonly filters: readonly WasmFilter[];
  readonly listen: Address;
  readonly upstream: Address;
}

/** The names of the listeners in every bootstrap made here. */
export const listenerName = "http";
export const tcpListenerName = "tcp";

/** `envoy.config.bootstrap.v3.Bootstrap`. Nothing is added to requests and responses that filters did not add. */
export function bootstrap(options: BootstrapOptions): Message {
  const { tcp, upstream, upstreamProtocol = "http1", bufferLimitBytes, services = [], clusters = [] } = options;
  const limit = bufferLimitBytes === undefined ? {} : { bufferLimitBytes };
  const http = extension("envoy.filters.network.http_connection_manager", connectionManager(options));
  return {
    admin: { address: socketAddress(options.admin) },
    ...(services.length === 0 ? {} : { bootstrap_extensions: services.map(wasmService) }),
    static_resources: {
      listeners: [
        listener(listenerName, options.listen, [http], options),
        ...(tcp === undefined ? [] : [listener(tcpListenerName, tcp.listen, networkFilters(tcp), options)]),
      ],
      clusters: [
        cluster({ name: "upstream", address: upstream, protocol: upstreamProtocol, ...limit }),
        ...(tcp === undefined ? [] : [cluster({ name: tcpCluster, address: tcp.upstream, protocol: "tcp", ...limit })]),
        ...clusters.map(cluster),
      ],
    },
  };
}

const tcpCluster = "tcp_upstream";

function listener(name: string, address: Address, filters: readonly Message[], options: BootstrapOptions): Message {
  const { accessLog, bufferLimitBytes } = options;
  return {
    name,
    address: socketAddress(address),
    ...(bufferLimitBytes === undefined ? {} : { per_connection_buffer_limit_bytes: bufferLimitBytes }),
    ...(accessLog === undefined ? {} : { access_log: [stderrLog(accessLog.connection)] }),
    filter_chains: [{ filters }],
  };
}

const networkFilters = ({ filters }: TcpListener): Message[] => [
  ...filters.map(networkWasm),
  extension("envoy.filters.network.tcp_proxy", {
    "@type": typeUrl("filters.network.tcp_proxy.v3.TcpProxy"),
    stat_prefix: tcpListenerName,
    cluster: tcpCluster,
  }),
];

function connectionManager(options: BootstrapOptions): Message {
  const { accessLog, delayedCloseMs = 100, filters, requestsPerConnection, upgrades = [] } = options;
  return {
    "@type": typeUrl("filters.network.http_connection_manager.v3.HttpConnectionManager"),
    stat_prefix: listenerName,
    codec_type: "AUTO",
    generate_request_id: false,
    server_header_transformation: "PASS_THROUGH",
    ...(requestsPerConnection === undefined
      ? {}
      : { common_http_protocol_options: { max_requests_per_connection: requestsPerConnection } }),
    http_protocol_options: { enable_trailers: true },
    http2_protocol_options: { allow_metadata: true },
    delayed_close_timeout: `${delayedCloseMs / 1000}s`,
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

const stderrLog = (operators: readonly string[]): Message =>
  extension("envoy.access_loggers.stderr", {
    "@type": typeUrl("access_loggers.stream.v3.StderrAccessLog"),
    log_format: { text_format_source: { inline_string: accessLogFormat(operators) } },
  });
