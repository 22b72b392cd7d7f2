/** One pod whose filters are what is looked at: istiod, Istio's agent and Envoy from manifests, and the application behind them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TargetRef, toYaml } from "@proxy-wasm-kit/deliver";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { filesIn, IstioHarness, isBuilt, listenerRefusal } from "@proxy-wasm-kit/istio";
import { Application, type Sent, send } from "../mirror/application.ts";
import { dockerRegistry } from "../registry/docker-registry.ts";
import { Agent, whyNoAgent } from "./agent.ts";
import { freePort, kubernetesObjects, type Ports, workload, workloadObjects } from "./workload.ts";

const gatewayName = "edge";
/** The Gateway of the Gateway API that gateways here belong to, by their labels. */
export const gatewayTarget: TargetRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name: gatewayName };
const host = "shop.example";
/** Of the service behind the gateway. */
const servicePort = 80;

/** What to do where no pod can run; undefined where one can. */
export async function whyNoPod(): Promise<string | undefined> {
  if (!isBuilt()) return "run npm run istio:build";
  if (dockerRegistry === undefined) return "docker-registry is missing (apt install docker-registry)";
  const noEnvoy = await findEnvoy().then(
    () => undefined,
    (error) => String(error.message),
  );
  return noEnvoy ?? whyNoAgent();
}

export interface DeliveryPodOptions {
  readonly type: "sidecar" | "gateway";
  /** What is delivered: objects of Istio. */
  readonly manifests: readonly object[];
  /** Of the proxy's container. Default: none but Istio's. */
  readonly variables?: Readonly<Record<string, string>>;
}

/** What a request has come to. */
export interface Outcome {
  readonly status: number;
  /** Headers that have reached the application; undefined when nothing has. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>> | undefined;
}

export class DeliveryPod {
  /** Of its Envoy, such as "http://127.0.0.1:15000". */
  readonly adminUrl: string;
  readonly #port: number;
  readonly #application: Application;
  readonly #apply: (manifests: readonly object[]) => Promise<void>;
  readonly #ends: readonly (() => Promise<unknown>)[];

  private constructor(
    adminUrl: string,
    port: number,
    application: Application,
    apply: (manifests: readonly object[]) => Promise<void>,
    ends: readonly (() => Promise<unknown>)[],
  ) {
    this.adminUrl = adminUrl;
    this.#port = port;
    this.#application = application;
    this.#apply = apply;
    this.#ends = ends;
  }

  /** Resolves when Envoy has its listener. Throws when istiod, the agent or Envoy does not take the manifests. */
  static async start({ type, manifests, variables = {} }: DeliveryPodOptions): Promise<DeliveryPod> {
    const ends: (() => Promise<unknown>)[] = [];
    try {
      const application = await Application.start();
      ends.unshift(() => application.close());
      const folder = await mkdtemp(join(tmpdir(), "pwk-delivery-"));
      ends.unshift(() => rm(folder, { recursive: true }));
      const files = { kube: join(folder, "kube.yaml"), istio: join(folder, "istio.yaml") };
      const ports = { inbound: await freePort(), application: application.port };
      const around = type === "sidecar" ? workloadObjects(ports) : gatewayObjects(ports);
      const write = (delivered: readonly object[]) => writeFile(files.istio, toYaml([...around, ...delivered]));
      await writeFile(files.kube, toYaml(kubernetesObjects(ports)));
      await write(manifests);
      const harness = await IstioHarness.start(filesIn().harness, { kube: [files.kube], istio: [files.istio] });
      ends.unshift(() => harness.stop());
      const { binary } = await findEnvoy();
      const agent = await Agent.start({
        ...{ envoy: binary, adsPort: harness.port, variables },
        ...(type === "sidecar" ? { type } : { type: "router", pod: gatewayPod }),
      });
      ends.unshift(() => agent.stop());
      const refusal = await listenerRefusal(agent, { port: ports.inbound, kind: "http", filters: [] });
      if (refusal !== null) throw new Error(`${refusal}\n${agent.log}`);
      const apply = async (changed: readonly object[]) => {
        await write(changed);
        await harness.reload();
      };
      return new DeliveryPod(agent.admin.url, ports.inbound, application, apply, ends);
    } catch (error) {
      for (const end of ends) await end();
      throw error;
    }
  }

  /** Delivers these in the place of those that it was started with. Envoy has them some time after. */
  apply(manifests: readonly object[]): Promise<void> {
    return this.#apply(manifests);
  }

  async request(what: Omit<Sent, "host"> = {}): Promise<Outcome> {
    const status = await send(this.#port, { host, ...what });
    return { status, headers: this.#application.take()[0]?.headers };
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

const gatewayLabels = { ...workload.labels, "gateway.networking.k8s.io/gateway-name": gatewayName };
const gatewayPod = { ...workload, labels: gatewayLabels, address: "127.0.0.1" };
const { namespace, labels } = workload;

/** A gateway on a port of loopback, and everything that it takes goes to the application. */
const gatewayObjects = ({ inbound, application }: Ports): object[] => [
  {
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: gatewayName, namespace },
    spec: {
      selector: labels,
      servers: [{ port: { number: inbound, protocol: "HTTP", name: "http" }, bind: "127.0.0.1", hosts: ["*"] }],
    },
  },
  {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: gatewayName, namespace },
    spec: {
      hosts: ["*"],
      gateways: [gatewayName],
      http: [{ route: [{ destination: { host, port: { number: servicePort } } }] }],
    },
  },
  {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "application", namespace },
    spec: {
      hosts: [host],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: servicePort, protocol: "HTTP", name: "http", targetPort: application }],
      endpoints: [{ address: "127.0.0.1" }],
    },
  },
];
