/** A pod as far as it matters here: its objects, an Envoy with istiod's configuration, and an application behind that. */
import { once } from "node:events";
import { request } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import type { Admin } from "@proxy-wasm-kit/envoy";
import type { ProxyType } from "@proxy-wasm-kit/istio";
import { freePort } from "../istio/workload.ts";
import { Application } from "../mirror/application.ts";
import type { Kubectl } from "./kubectl.ts";
import { gateway, inbound, type PodIdentity, podObject, runningAt } from "./objects.ts";

const patienceMs = 20_000;
const pollMs = 10;

/** An Envoy that this process has started, or Istio's agent. */
export interface RunningEnvoy {
  readonly admin: Admin;
  stop(): Promise<void>;
}

/** As whom its Envoy asks istiod. `address`: that of the pod in all objects; nothing is sent there. */
export interface Pod extends PodIdentity {
  readonly type: ProxyType;
  readonly address: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export class ProxyPod {
  /** Where the Envoy takes requests, on loopback. */
  readonly port: number;
  readonly envoy: RunningEnvoy;
  /** It keeps what has arrived. */
  readonly application: Application;

  private constructor(port: number, envoy: RunningEnvoy, application: Application) {
    this.port = port;
    this.envoy = envoy;
    this.application = application;
  }

  /** `startEnvoy` is called when the objects are there. Resolves when that Envoy takes requests. */
  static async start(pod: Pod, kubectl: Kubectl, startEnvoy: () => Promise<RunningEnvoy>): Promise<ProxyPod> {
    const application = await Application.start();
    try {
      const port = await freePort();
      await applyPod(kubectl, pod, { port, application: application.port });
      const started = new ProxyPod(port, await startEnvoy(), application);
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
  pod: Pod,
  { port, application }: { readonly port: number; readonly application: number },
): Promise<void> {
  const traffic = pod.type === "sidecar" ? [inbound(pod, port, application)] : gateway(pod, port, application);
  await kubectl.apply(podObject(pod), ...traffic);
  const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify(runningAt(pod.address))];
  await kubectl.run(["patch", "pod", pod.name, "--namespace", pod.namespace, ...patch]);
}
