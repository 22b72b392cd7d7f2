/** The Envoy that is measured: one filter or none before a route that answers at once, and a path that never ends. */
import type { Message } from "@proxy-wasm-kit/envoy";

export const listenerName = "bench";

/** Requests for this path are held behind the filter for as long as their client waits. */
export const holdPath = "/hold";

/** `envoy.config.bootstrap.v3.Bootstrap`. */
export function bootstrap(filters: readonly Message[], responseHeaders: readonly Message[]): Message {
  return {
    admin: { address: loopback },
    static_resources: {
      listeners: [
        {
          name: listenerName,
          address: loopback,
          // Bodies are held whole.
          per_connection_buffer_limit_bytes: 1 << 24,
          filter_chains: [
            {
              filters: [
                extension("envoy.filters.network.http_connection_manager", connectionManager(filters, responseHeaders)),
              ],
            },
          ],
        },
      ],
    },
  };
}

const loopback: Message = { socket_address: { address: "127.0.0.1", port_value: 0 } };

const connectionManager = (filters: readonly Message[], responseHeaders: readonly Message[]): Message => ({
  "@type": typeUrl("filters.network.http_connection_manager.v3.HttpConnectionManager"),
  stat_prefix: listenerName,
  codec_type: "AUTO",
  generate_request_id: false,
  stream_idle_timeout: "0s",
  http2_protocol_options: { max_concurrent_streams: 100_000 },
  route_config: {
    virtual_hosts: [
      {
        name: "all",
        domains: ["*"],
        response_headers_to_add: responseHeaders,
        routes: [{ match: { prefix: "/" }, direct_response: { status: 200, body: { inline_string: "hello\n" } } }],
      },
    ],
  },
  http_filters: [
    ...filters,
    extension("envoy.filters.http.fault", {
      "@type": typeUrl("filters.http.fault.v3.HTTPFault"),
      headers: [{ name: ":path", string_match: { exact: holdPath } }],
      delay: { fixed_delay: "86400s", percentage: { numerator: 100 } },
    }),
    extension("envoy.filters.http.router", { "@type": typeUrl("filters.http.router.v3.Router") }),
  ],
});

export const extension = (name: string, config: Message): Message => ({ name, typed_config: config });
const typeUrl = (name: string): string => `type.googleapis.com/envoy.extensions.${name}`;
