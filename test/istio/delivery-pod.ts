/** One pod whose filters are what is looked at: istiod, Istio's agent and Envoy from manifests, and the application behind them. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TargetRef, toYaml } from "@proxy-wasm-kit/deliver";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { listenerRefusal } from "../engines/istio-listeners.ts";
import { Application, send } from "../mirror/application.ts";
import { dockerRegistry } from "../registry/docker-registry.ts";
import { Agent, whyNoAgent } from "./agent.ts";
import { IstioHarness } from "./harness.ts";
import { filesIn, isBuilt } from "./location.mjs";
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
}

/** What a request has come to. */
export interface Outcome {
  readonly status: number;
  /** Headers that have reached the application; undefined when nothing has. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>> | undefined;
}

export class DeliveryPod {
  readonly #port: number;
  readonly #application: Application;
  readonly #ends: readonly (() => Promise<void>)[];

  private constructor(port: number, application: Application, ends: readonly (() => Promise<void>)[]) {
    this.#port = port;
    this.#application = application;
    this.#ends = ends;
  }

  /** Resolves when Envoy has its listener. Throws when istiod, the agent or Envoy does not take the manifests. */
  static async start({ type, manifests }: DeliveryPodOptions): Promise<DeliveryPod> {
    const ends: (() => Promise<void>)[] = [];
    try {
      const application = await Application.start();
      ends.unshift(() => application.close());
      const ports = { inbound: await freePort(), application: application.port };
      const objects = type === "sidecar" ? workloadObjects(ports) : gatewayObjects(ports);
      const harness = await startHarness(ports, [...objects, ...manifests]);
      ends.unshift(() => harness.stop());
      const { binary } = await findEnvoy();
      const agent = await Agent.start({
        ...{ envoy: binary, adsPort: harness.port },
        ...(type === "sidecar" ? { type } : { type: "router", labels: gatewayLabels }),
      });
      ends.unshift(() => agent.stop());
      const refusal = await listenerRefusal(agent, { port: ports.inbound, kind: "http", filters: [] });
      if (refusal !== null) throw new Error(`${refusal}\n${agent.log}`);
      return new DeliveryPod(ports.inbound, application, ends);
    } catch (error) {
      for (const end of ends) await end();
      throw error;
    }
  }

  async request(): Promise<Outcome> {
    const status = await send(this.#port, { host });
    return { status, headers: this.#application.take()[0]?.headers };
  }

  async stop(): Promise<void> {
    for (const end of this.#ends) await end();
  }
}

async function startHarness(ports: Ports, istio: readonly object[]): Promise<IstioHarness> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-delivery-"));
  const files = { kube: [join(folder, "kube.yaml")], istio: [join(folder, "istio.yaml")] };
  try {
    await writeFile(join(folder, "kube.yaml"), toYaml(kubernetesObjects(ports)));
    await writeFile(join(folder, "istio.yaml"), toYaml(istio));
    return await IstioHarness.start(filesIn().harness, files);
  } finally {
    await rm(folder, { recursive: true });
  }
}

const gatewayLabels = { ...workload.labels, "gateway.networking.k8s.io/gateway-name": gatewayName };
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
