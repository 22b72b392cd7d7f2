/**
 * One pod with Istio that mirrors what it sends to services: a sidecar to its own inbound listener, where shadow-host is before
 * the application; a gateway to the application itself. A real istiod makes its configuration.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { envoyFilter, type MirrorPlan, mirrorFilter, toYaml } from "@proxy-wasm-kit/deliver";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { filesIn, IstioHarness, istioVersion, listenerRefusal } from "@proxy-wasm-kit/istio";
import { freePort, kubernetesObjects, podBootstrap, settings, workload, workloadObjects } from "../istio/workload.ts";
import { Application } from "./application.ts";

/** What is sent to the host, and how it is mirrored. */
export interface Service {
  readonly host: string;
  /** Whether its VirtualService mirrors. */
  readonly hasMirror: boolean;
  /** Of an EnvoyFilter that mirrors. */
  readonly filter?: Pick<MirrorPlan, "percent" | "replaces" | "route">;
}

export interface IstioMirrorOptions {
  readonly services: readonly Service[];
  /** Of shadow-host in a sidecar; a gateway has none. */
  readonly proxy: { readonly sidecar: object } | "gateway";
  /** Of istiod. */
  readonly environment?: Readonly<Record<string, string>>;
}

const { namespace, labels } = workload;
const routeName = "all";
const mirrorHost = "mirror.example";
const gatewayName = "edge";

export class IstioMirror {
  /** Where the pod takes what goes to services. */
  readonly port: number;
  /** Of all services. */
  readonly servicePort: number;
  readonly primary: Application;
  /** Behind shadow-host, if there is one. */
  readonly mirror: Application;
  readonly #ends: readonly (() => Promise<void>)[];
  readonly #envoy: EnvoyProcess;

  private constructor(
    { outbound, service }: Pick<Ports, "outbound" | "service">,
    [primary, mirror]: readonly [Application, Application],
    envoy: EnvoyProcess,
    ends: readonly (() => Promise<void>)[],
  ) {
    this.port = outbound;
    this.servicePort = service;
    this.primary = primary;
    this.mirror = mirror;
    this.#envoy = envoy;
    this.#ends = ends;
  }

  static async start(options: IstioMirrorOptions): Promise<IstioMirror> {
    const ends: (() => Promise<void>)[] = [];
    try {
      const applications = [await Application.start(), await Application.start()] as const;
      for (const application of applications) ends.push(() => application.close());
      const [primary, mirror] = applications;
      const isGateway = options.proxy === "gateway";
      const outbound = await freePort();
      // A sidecar takes requests for a service on the service's port. A gateway must not: istiod would have it listen on the
      // port behind a service of the same port and address.
      const ports = { outbound, inbound: await freePort(), service: isGateway ? 80 : outbound };
      const harness = await startHarness(options, { ...ports, primary: primary.port, mirror: mirror.port });
      ends.push(() => harness.stop());
      const { binary } = await findEnvoy();
      const type = isGateway ? "router" : "sidecar";
      const envoy = await EnvoyProcess.start({
        binary,
        bootstrap: podBootstrap(harness.port, istioVersion(), [], type),
      });
      ends.push(() => envoy.stop());
      const shadowHost = { port: ports.inbound, kind: "http" as const, filters: [{ name: "shadow-host", wasm: "" }] };
      const wanted = [{ port: ports.outbound, kind: "http" as const, filters: [] }];
      for (const listener of isGateway ? wanted : [shadowHost, ...wanted]) {
        const refusal = await listenerRefusal(envoy, listener);
        if (refusal !== null) throw new Error(refusal);
      }
      return new IstioMirror(ports, applications, envoy, ends.reverse());
    } catch (error) {
      for (const end of ends.reverse()) await end();
      throw error;
    }
  }

  metrics(): Promise<Record<string, number>> {
    return this.#envoy.admin.wasmMetrics();
  }

  /** The clusters that get copies of what is sent to the host, as Envoy has got it from istiod. */
  async mirrorsOf(host: string): Promise<string[]> {
    const { configs } = (await this.#envoy.admin.configDump()) as RoutesDump;
    const hosts = configs.flatMap(({ dynamic_route_configs: dumps = [] }) =>
      dumps.flatMap(({ route_config }) => route_config.virtual_hosts ?? []),
    );
    const routes = hosts.filter(({ name }) => name === `${host}:${this.port}`).flatMap((each) => each.routes ?? []);
    return routes.flatMap(({ route }) => (route?.request_mirror_policies ?? []).map(({ cluster }) => cluster));
  }

  async close(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

interface Ports {
  readonly outbound: number;
  readonly inbound: number;
  /** Of all services. */
  readonly service: number;
  readonly primary: number;
  readonly mirror: number;
}

async function startHarness(options: IstioMirrorOptions, ports: Ports): Promise<IstioHarness> {
  const manifests = {
    "kube.yaml": kubernetesObjects({ inbound: ports.inbound, application: ports.mirror }),
    "istio.yaml": [
      ...(options.proxy === "gateway" ? [gateway(ports)] : sidecarObjects(options.proxy.sidecar, ports)),
      ...options.services.flatMap((service) => serviceObjects(service, options.proxy === "gateway", ports)),
      serviceEntry(mirrorHost, ports.service, options.proxy === "gateway" ? ports.mirror : ports.inbound),
    ],
  };
  const folder = await mkdtemp(join(tmpdir(), "pwk-istio-mirror-"));
  try {
    for (const [name, objects] of Object.entries(manifests)) await writeFile(join(folder, name), toYaml(objects));
    return await IstioHarness.start(filesIn().harness, {
      kube: [join(folder, "kube.yaml")],
      istio: [join(folder, "istio.yaml")],
      ...(options.environment && { environment: options.environment }),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

function sidecarObjects(configuration: object, { inbound, outbound, mirror }: Ports): object[] {
  const listening = {
    port: { number: outbound, protocol: "HTTP", name: "http" },
    bind: "127.0.0.1",
    captureMode: "NONE",
    hosts: ["./*"],
  };
  return [
    ...workloadObjects({ inbound, application: mirror }, [listening]),
    settings({ filters: [] }),
    envoyFilter({
      ...{ name: "shadow-host", namespace, selector: labels, context: "SIDECAR_INBOUND" },
      modulePath: resolve("dist/shadow-host.wasm"),
      configuration,
    }),
  ];
}

const gateway = ({ outbound }: Ports): object => ({
  apiVersion: "networking.istio.io/v1",
  kind: "Gateway",
  metadata: { name: gatewayName, namespace },
  spec: {
    selector: labels,
    servers: [{ port: { number: outbound, protocol: "HTTP", name: "http" }, bind: "127.0.0.1", hosts: ["*"] }],
  },
});

function serviceObjects({ host, hasMirror, filter }: Service, isGateway: boolean, ports: Ports): object[] {
  const name = host.replaceAll(".", "-");
  const mirror = { host: mirrorHost, port: { number: ports.service } };
  const virtualService = {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name, namespace },
    spec: {
      hosts: [host],
      ...(isGateway && { gateways: [gatewayName] }),
      http: [
        {
          name: routeName,
          route: [{ destination: { host, port: { number: ports.service } } }],
          ...(hasMirror && { mirrors: [{ destination: mirror }] }),
        },
      ],
    },
  };
  const plan: MirrorPlan = {
    ...{ name: `${name}-mirror`, namespace, selector: labels },
    context: isGateway ? "GATEWAY" : "SIDECAR_OUTBOUND",
    virtualHost: `${host}:${ports.outbound}`,
    mirror: { host: mirrorHost, port: ports.service },
    ...filter,
  };
  return [
    serviceEntry(host, ports.service, ports.primary),
    virtualService,
    ...(filter === undefined ? [] : [mirrorFilter(plan)]),
  ];
}

/** A service on a port of loopback. */
const serviceEntry = (host: string, port: number, targetPort: number): object => ({
  apiVersion: "networking.istio.io/v1",
  kind: "ServiceEntry",
  metadata: { name: host.replaceAll(".", "-"), namespace },
  spec: {
    hosts: [host],
    location: "MESH_EXTERNAL",
    resolution: "STATIC",
    ports: [{ number: port, protocol: "HTTP", name: "http", targetPort }],
    endpoints: [{ address: "127.0.0.1" }],
  },
});

/** `envoy.admin.v3.ConfigDump`, as far as it is read here. */
interface RoutesDump {
  readonly configs: readonly {
    readonly dynamic_route_configs?: readonly { readonly route_config: { readonly virtual_hosts?: readonly Host[] } }[];
  }[];
}

interface Host {
  readonly name: string;
  readonly routes?: readonly {
    readonly route?: { readonly request_mirror_policies?: readonly { readonly cluster: string }[] };
  }[];
}
