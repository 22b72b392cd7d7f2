/** Clusters: the upstream of a listener, and what filters call by name. */
import { type Address, type Message, socketAddress, typeUrl } from "./message.ts";

export interface Cluster {
  readonly name: string;
  readonly address: Address;
  /** "http2" is what gRPC needs. */
  readonly protocol: "http1" | "http2" | "tcp";
  /** `per_connection_buffer_limit_bytes`. Default: Envoy's, 1 MiB. */
  readonly bufferLimitBytes?: number;
}

const ipAddress = /^(\d+(\.\d+){3}|.*:.*)$/;

/** `envoy.config.cluster.v3.Cluster` with one endpoint. One with an IP address can be called from the very start. */
export function cluster({ name, address, protocol, bufferLimitBytes }: Cluster): Message {
  return {
    name,
    // A name may have addresses of both families with a server on one of them alone, as "localhost" often has.
    ...(ipAddress.test(address.host) ? { type: "STATIC" } : { type: "LOGICAL_DNS", dns_lookup_family: "ALL" }),
    ...(bufferLimitBytes === undefined ? {} : { per_connection_buffer_limit_bytes: bufferLimitBytes }),
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: socketAddress(address) } }] }],
    },
    ...(protocol === "tcp" ? {} : { typed_extension_protocol_options: httpOptions(protocol) }),
  };
}

const httpOptions = (protocol: "http1" | "http2"): Message => ({
  "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
    "@type": typeUrl("upstreams.http.v3.HttpProtocolOptions"),
    // What a request meets must not depend on the one before it: each has a connection of its own.
    common_http_protocol_options: { max_requests_per_connection: 1 },
    explicit_http_config:
      protocol === "http1"
        ? { http_protocol_options: { enable_trailers: true } }
        : { http2_protocol_options: { allow_metadata: true } },
  },
});
