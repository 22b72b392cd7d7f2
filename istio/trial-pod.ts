/** A pod to try manifests on: its objects, with ports on an address of loopback that nobody else uses. */
import { randomInt } from "node:crypto";
import { platform } from "node:os";
import { type ProxyType, proxyBootstrap } from "./proxy-bootstrap.ts";

export interface TrialPod {
  readonly type: Exclude<ProxyType, "waypoint">;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** On which it takes requests: inbound ones, or those of a gateway. */
  readonly ports: readonly number[];
  /** To which requests go out; a gateway has none. */
  readonly outboundPorts: readonly number[];
  /** Where the application behind it is, on loopback. */
  readonly application: number;
}

export type Direction = "inbound" | "outbound";
/** Where each direction is bound: ports below 1024 are free there, and the same port can be in both. */
export type Addresses = Readonly<Record<Direction, string>>;

const name = "trial";
const host = "elsewhere.example";

/** Others than 127.0.0.1 only where all of 127/8 is this machine. */
export function trialAddresses(): Addresses {
  if (platform() !== "linux") return { inbound: "127.0.0.1", outbound: "127.0.0.1" };
  const prefix = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  return { inbound: `${prefix}.1`, outbound: `${prefix}.2` };
}

export const trialBootstrap = ({ type, namespace, labels }: TrialPod, istioVersion: string, adsPort: number): object =>
  proxyBootstrap({ type, name, namespace, labels, address: "127.0.0.1", istioVersion }, adsPort);

export const kubernetesObjects = ({ namespace, labels, application }: TrialPod): object[] => [
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace },
    spec: { clusterIP: "10.0.0.1", selector: labels, ports: [{ name: "http", port: 80, targetPort: application }] },
  },
  {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels },
    spec: { serviceAccountName: "default", containers: [{ name: "app", image: "app" }] },
    status: { podIP: "127.0.0.1", phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  },
];

export function istioObjects(pod: TrialPod, addresses: Addresses): object[] {
  const { type, namespace, ports, outboundPorts, application } = pod;
  const plainText = {
    apiVersion: "security.istio.io/v1",
    kind: "PeerAuthentication",
    metadata: { name, namespace },
    spec: { mtls: { mode: "DISABLE" } },
  };
  const all = [...(type === "router" ? [] : outboundPorts), 80];
  const elsewhere = {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name, namespace },
    spec: {
      hosts: [host],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [...new Set(all)].map((number) => ({ ...http(number), targetPort: application })),
      endpoints: [{ address: "127.0.0.1" }],
    },
  };
  const own = type === "router" ? gateway(pod, addresses, ports) : sidecar(pod, addresses);
  return [plainText, elsewhere, ...own, standIns(pod)];
}

const http = (number: number) => ({ number, protocol: "HTTP", name: `http-${number}` });

const sidecar = (
  { namespace, labels, ports, outboundPorts, application }: TrialPod,
  addresses: Addresses,
): object[] => [
  {
    apiVersion: "networking.istio.io/v1",
    kind: "Sidecar",
    metadata: { name, namespace },
    spec: {
      workloadSelector: { labels },
      ingress: ports.map((port) => ({
        port: http(port),
        bind: addresses.inbound,
        defaultEndpoint: `127.0.0.1:${application}`,
      })),
      egress: [
        ...outboundPorts.map((port) => ({
          port: http(port),
          bind: addresses.outbound,
          captureMode: "NONE",
          hosts: [`./${host}`],
        })),
        { hosts: ["~/*"] },
      ],
    },
  },
];

const gateway = ({ namespace, labels }: TrialPod, { inbound }: Addresses, ports: readonly number[]): object[] => [
  {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name, namespace },
    spec: { selector: labels, servers: ports.map((port) => ({ port: http(port), bind: inbound, hosts: ["*"] })) },
  },
  {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace },
    spec: { hosts: ["*"], gateways: [name], http: [{ route: [{ destination: { host, port: { number: 80 } } }] }] },
  },
];

/** Filters of Istio's own build of Envoy, by their names in their places, as others that do nothing. */
const standIns = ({ namespace, labels }: TrialPod): object => ({
  apiVersion: "networking.istio.io/v1alpha3",
  kind: "EnvoyFilter",
  metadata: { name: "trial-stand-ins", namespace },
  spec: {
    workloadSelector: { labels },
    priority: -1_000_000,
    configPatches: [
      standIn("istio.metadata_exchange", "INSERT_FIRST"),
      standIn("istio.alpn", "INSERT_BEFORE"),
      standIn("istio.stats", "INSERT_BEFORE"),
    ],
  },
});

const standIn = (name: string, operation: string): object => ({
  applyTo: "HTTP_FILTER",
  match: {
    listener: {
      filterChain: {
        filter: {
          name: "envoy.filters.network.http_connection_manager",
          ...(operation === "INSERT_BEFORE" && { subFilter: { name: "envoy.filters.http.router" } }),
        },
      },
    },
  },
  patch: {
    operation,
    value: {
      name,
      typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.grpc_stats.v3.FilterConfig" },
    },
  },
});
