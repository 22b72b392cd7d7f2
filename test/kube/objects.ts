/** The objects of the bench: what a cluster with Istio has, as far as anything here asks for it. */
import { rootNamespace } from "./istiod.ts";

const loopback = "127.0.0.1";

export interface PodIdentity {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The label that pods of StatefulSets have: it tells one pod from all others. */
export const labelsOf = ({ name, labels }: PodIdentity): Readonly<Record<string, string>> => ({
  ...labels,
  "statefulset.kubernetes.io/pod-name": name,
});
const onlyThis = ({ name }: PodIdentity) => ({ "statefulset.kubernetes.io/pod-name": name });

export const namespace = (name: string): object => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } });

/** Plain text everywhere, and no metrics: the filters that make them are Istio's own. */
export const mesh = (): object[] => [
  namespace(rootNamespace),
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "istio", namespace: rootNamespace },
    // JSON is YAML.
    data: {
      mesh: JSON.stringify({ trustDomain: "cluster.local", enableAutoMtls: false, defaultProviders: { metrics: [] } }),
    },
  },
];

/** For Istio's CRDs are needed. */
export const plainText = (): object => ({
  apiVersion: "security.istio.io/v1",
  kind: "PeerAuthentication",
  metadata: { name: "default", namespace: rootNamespace },
  spec: { mtls: { mode: "DISABLE" } },
});

const container = { name: "app", image: "app" };

export const podObject = (identity: PodIdentity): object => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: identity.name, namespace: identity.namespace, labels: labelsOf(identity) },
  spec: {
    serviceAccountName: "default",
    automountServiceAccountToken: false,
    // By its name pwk knows that a pod has a proxy, also one that istiod does not know yet.
    containers: [container, { name: "istio-proxy", image: "proxyv2" }],
  },
});

const startedAt = "2026-01-01T00:00:00Z";

/** That of pods which name no other: a controller would make it. */
export const account = (namespace: string): object => ({
  apiVersion: "v1",
  kind: "ServiceAccount",
  metadata: { name: "default", namespace },
});

/** What a kubelet would report. */
export const runningAt = (address: string): object => ({
  status: {
    phase: "Running",
    podIP: address,
    podIPs: [{ ip: address }],
    conditions: [{ type: "Ready", status: "True", lastTransitionTime: startedAt }],
    containerStatuses: [{ ...container, imageID: "", ready: true, restartCount: 0, state: { running: { startedAt } } }],
  },
});

/** A port of loopback instead of captured traffic, and nothing outbound. */
export const inbound = (identity: PodIdentity, port: number, application: number): object => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Sidecar",
  metadata: { name: identity.name, namespace: identity.namespace },
  spec: {
    workloadSelector: { labels: onlyThis(identity) },
    ingress: [
      {
        port: { number: port, protocol: "HTTP", name: "http" },
        bind: loopback,
        defaultEndpoint: `${loopback}:${application}`,
      },
    ],
    egress: [{ hosts: ["~/*"] }],
  },
});

/** A port of loopback that leads to the application, whatever the host. */
export function gateway(identity: PodIdentity, port: number, application: number): object[] {
  const metadata = { name: identity.name, namespace: identity.namespace };
  const host = `${identity.name}.example`;
  const http = { name: "http", protocol: "HTTP" };
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata,
      spec: {
        selector: onlyThis(identity),
        servers: [{ port: { number: port, ...http }, hosts: ["*"], bind: loopback }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "ServiceEntry",
      metadata,
      spec: {
        hosts: [host],
        location: "MESH_INTERNAL",
        resolution: "STATIC",
        ports: [{ number: 80, ...http }],
        endpoints: [{ address: loopback, ports: { http: application } }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata,
      spec: {
        hosts: ["*"],
        gateways: [identity.name],
        http: [{ route: [{ destination: { host, port: { number: 80 } } }] }],
      },
    },
  ];
}
