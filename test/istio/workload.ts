/** The pod that istiod configures: its objects, its Envoy's bootstrap, and what the tests need of its listener. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { bootstrap, type Message, type WasmFilter, wasmService } from "@proxy-wasm-kit/envoy";
import { type ProxyType, proxyBootstrap } from "@proxy-wasm-kit/istio";
import { accessLogOf, type ProxyOptions, upstreamProtocol } from "@proxy-wasm-kit/testing";

export const workload = { name: "app-1", namespace: "test", labels: { app: "app" } } as const;

const { name, namespace, labels } = workload;
const loopback = "127.0.0.1";
const connectionManager = "envoy.filters.network.http_connection_manager";
/** Istio lets these through without being asked, and Envoy refuses a type that is given twice. */
const istioUpgrades = ["websocket"];

export interface Ports {
  /** Where the pod takes requests. */
  readonly inbound: number;
  /** Where the application in the pod is. */
  readonly application: number;
  /** The same two for TCP connections. */
  readonly tcp?: { readonly inbound: number; readonly application: number };
}

export const kubernetesObjects = ({ application }: Ports): object[] => [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "app", namespace },
    spec: { clusterIP: "10.0.0.1", selector: labels, ports: [{ name: "http", port: 80, targetPort: application }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] },
    status: { podIP: loopback, phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  },
];

/** A port of loopback instead of captured traffic, nothing outbound but `egress` says so, plain text. */
export const workloadObjects = (
  { inbound, application, tcp }: Ports,
  egress: readonly object[] = [{ hosts: ["~/*"] }],
): object[] => [
  {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name: "app", namespace },
    spec: {
      workloadSelector: { labels },
      ingress: [
        ingress("HTTP", inbound, application),
        ...(tcp === undefined ? [] : [ingress("TCP", tcp.inbound, tcp.application)]),
      ],
      egress,
    },
  },
  {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name: "default", namespace },
    spec: { mtls: { mode: "DISABLE" } },
  },
];

const ingress = (protocol: "HTTP" | "TCP", inbound: number, application: number): object => ({
  port: { number: inbound, protocol, name: protocol.toLowerCase() },
  bind: loopback,
  defaultEndpoint: `${loopback}:${application}`,
});

/** An EnvoyFilter that sets the listener up as that of the Envoy engine is: from its own bootstrap, field by field. */
export function settings(options: ProxyOptions): object {
  const { upgrades = [], bufferLimitBytes, upstream } = options;
  const nowhere = { host: loopback, port: 0 };
  const model = bootstrap({
    ...{ filters: [], listen: nowhere, admin: nowhere, upstream: nowhere },
    accessLog: accessLogOf(options),
    upstreamProtocol: upstreamProtocol(upstream),
    upgrades: upgrades.filter((type) => !istioUpgrades.includes(type)),
    ...(bufferLimitBytes !== undefined && { bufferLimitBytes }),
  });
  const listener = part(model, "static_resources", "listeners", "0");
  const cluster = part(model, "static_resources", "clusters", "0");
  const manager = part(listener, "filter_chains", "0", "filters", "0", "typed_config");
  const context = "SIDECAR_INBOUND";
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "test-settings", namespace },
    spec: {
      workloadSelector: { labels },
      configPatches: [
        {
          applyTo: "LISTENER",
          match: { context },
          patch: {
            operation: "MERGE",
            // Without port reuse, a port that somebody else took since it was picked is an error, not a shared port.
            value: { enable_reuse_port: false, ...pick(listener, ["access_log", "per_connection_buffer_limit_bytes"]) },
          },
        },
        {
          applyTo: "NETWORK_FILTER",
          match: { context, listener: { filterChain: { filter: { name: connectionManager } } } },
          patch: {
            operation: "MERGE",
            value: {
              name: connectionManager,
              typed_config: pick(manager, [
                ...["@type", "access_log", "generate_request_id", "http_protocol_options", "http2_protocol_options"],
                ...["delayed_close_timeout", "upgrade_configs"],
              ]),
            },
          },
        },
        {
          applyTo: "CLUSTER",
          match: { context },
          patch: {
            operation: "MERGE",
            value: pick(cluster, ["per_connection_buffer_limit_bytes", "typed_extension_protocol_options"]),
          },
        },
      ],
    },
  };
}

/**
 * Of the pod's Envoy whose control plane is at `adsPort`: a sidecar, or ("router") a gateway. Services are a matter of the
 * bootstrap: istiod sends none.
 */
export const podBootstrap = (
  adsPort: number,
  istioVersion: string,
  services: readonly WasmFilter[] = [],
  type: ProxyType = "sidecar",
): object => ({
  ...proxyBootstrap({ ...workload, type, address: loopback, istioVersion }, adsPort),
  ...(services.length > 0 && { bootstrap_extensions: services.map(wasmService) }),
});

/**
 * A port that is free now, for a server that needs a number: below those that systems hand out by themselves, so that
 * nobody gets it by chance before the server does.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer().listen(10_000 + Math.floor(Math.random() * 20_000), loopback);
    const isFree = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    return port;
  }
}

const part = (message: object, ...path: readonly string[]): Message =>
  path.reduce((inner, key) => (inner as Record<string, Message>)[key] ?? {}, message) as Message;

const pick = (message: Message, fields: readonly string[]): Message =>
  Object.fromEntries(Object.entries(message).filter(([field]) => fields.includes(field)));
