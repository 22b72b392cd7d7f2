/** What an Envoy is started with that gets everything else from istiod, in plain text. */

const loopback = "127.0.0.1";

/** A sidecar, a gateway ("router") or a waypoint. */
export type ProxyType = "sidecar" | "router" | "waypoint";

/** As whom an Envoy asks istiod. */
export interface Proxy {
  readonly type: ProxyType;
  /** Of its pod. */
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
  /** Such as "1.31". */
  readonly istioVersion: string;
}

/** Its admin is on a free port. */
export const proxyBootstrap = (proxy: Proxy, adsPort: number): object => ({
  node: {
    id: `${proxy.type}~${proxy.address}~${proxy.name}.${proxy.namespace}~${proxy.namespace}.svc.cluster.local`,
    cluster: `app.${proxy.namespace}`,
    metadata: {
      NAMESPACE: proxy.namespace,
      CLUSTER_ID: "Kubernetes",
      INTERCEPTION_MODE: "NONE",
      LABELS: proxy.labels,
      ISTIO_VERSION: `${proxy.istioVersion}.0`,
      INSTANCE_IPS: proxy.address,
    },
  },
  admin: { address: { socket_address: { address: loopback, port_value: 0 } } },
  dynamic_resources: {
    ads_config: {
      api_type: "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: "xds-grpc" } }],
    },
    lds_config: { ads: {}, resource_api_version: "V3" },
    cds_config: { ads: {}, resource_api_version: "V3" },
  },
  static_resources: { clusters: [adsCluster(adsPort)] },
});

const adsCluster = (port: number): object => ({
  name: "xds-grpc",
  type: "STATIC",
  load_assignment: {
    cluster_name: "xds-grpc",
    endpoints: [
      { lb_endpoints: [{ endpoint: { address: { socket_address: { address: loopback, port_value: port } } } }] },
    ],
  },
  typed_extension_protocol_options: {
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
      "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
});
