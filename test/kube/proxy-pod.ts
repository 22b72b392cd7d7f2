/** A pod as far as it matters here: its objects, an Envoy with istiod's configuration, and an application behind that. */
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { istioVersion, type ProxyType, proxyBootstrap } from "@proxy-wasm-kit/istio";
import { freePort } from "../istio/workload.ts";
import { Application } from "../mirror/application.ts";
import type { Kubectl } from "./kubectl.ts";
import { gateway, inbound, labelsOf, type PodIdentity, pod, runningAt } from "./objects.ts";

const patienceMs = 20_000;
const pollMs = 10;

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export class ProxyPod {
  /** Where the Envoy takes requests, on loopback. */
  readonly port: number;
  readonly envoy: EnvoyProcess;
  /** It keeps what has arrived. */
  readonly application: Application;

  private constructor(port: number, envoy: EnvoyProcess, application: Application) {
    this.port = port;
    this.envoy = envoy;
    this.application = application;
  }

  /** `address`: of the pod in all objects; nothing is sent there. Resolves when the Envoy takes requests. */
  static async start(
    type: ProxyType,
    identity: PodIdentity,
    address: string,
    { kubectl, adsPort }: { readonly kubectl: Kubectl; readonly adsPort: number },
  ): Promise<ProxyPod> {
    const application = await Application.start();
    try {
      const port = await freePort();
      await applyPod(kubectl, type, identity, address, { port, application: application.port });
      const { binary } = await findEnvoy();
      const proxy = { ...identity, labels: labelsOf(identity), type, address, istioVersion: istioVersion() };
      const envoy = await EnvoyProcess.start({ binary, bootstrap: proxyBootstrap(proxy, adsPort) });
      const started = new ProxyPod(port, envoy, application);
      await started.#listens();
      return started;
    } catch (error) {
      await application.close();
      throw error;
    }
  }

  /** What the Envoy answers. */
  async get(path = "/", headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const outgoing = request({ host: "127.0.0.1", port: this.port, path, headers, agent: false }).end();
    const [response] = await once(outgoing, "response");
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  }

  /** The processes are gone; the objects stay. */
  async stop(): Promise<void> {
    await this.envoy.stop();
    await this.application.close();
  }

  async #listens(): Promise<void> {
    const giveUpAt = Date.now() + patienceMs;
    while (!(await this.envoy.admin.listeners()).some(({ port }) => port === this.port)) {
      if (Date.now() > giveUpAt) {
        await this.envoy.stop();
        throw new Error(`envoy has got no listener on port ${this.port} from istiod`);
      }
      await delay(pollMs);
    }
  }
}

async function applyPod(
  kubectl: Kubectl,
  type: ProxyType,
  identity: PodIdentity,
  address: string,
  { port, application }: { readonly port: number; readonly application: number },
): Promise<void> {
  const traffic = type === "sidecar" ? [inbound(identity, port, application)] : gateway(identity, port, application);
  await kubectl.apply(pod(identity), ...traffic);
  const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify(runningAt(address))];
  await kubectl.run(["patch", "pod", identity.name, "--namespace", identity.namespace, ...patch]);
}
