/** A Kubernetes API server with Istio, and Envoys that follow what is applied there. Everything is real and on loopback. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EnvoyProcess, findEnvoy } from "@proxy-wasm-kit/envoy";
import { filesIn, istioVersion, type ProxyType, proxyBootstrap } from "@proxy-wasm-kit/istio";
import { Agent, type Credentials } from "../istio/agent.ts";
import { ApiServer } from "./api-server.ts";
import { checkBench } from "./available.ts";
import { Istiod } from "./istiod.ts";
import { Kubectl } from "./kubectl.ts";
import { account, labelsOf, mesh, namespace, type PodIdentity, plainText } from "./objects.ts";
import { type Pod, ProxyPod, type RunningEnvoy } from "./proxy-pod.ts";

const mostAttempts = 3;

export class KubeBench {
  /** It can go away and come back. */
  readonly apiServer: ApiServer;
  /** Also for other programs: `kubectl.environment`. */
  readonly kubectl: Kubectl;
  readonly istiod: Istiod;
  /** Thrown away with the bench. */
  readonly folder: string;
  readonly #ends: (() => Promise<void>)[];
  /** Those that are there, or will be. */
  readonly #namespaces = new Map<string, Promise<void>>();
  #pods = 0;

  private constructor(
    folder: string,
    parts: { readonly apiServer: ApiServer; readonly kubectl: Kubectl; readonly istiod: Istiod },
    ends: (() => Promise<void>)[],
  ) {
    this.folder = folder;
    this.apiServer = parts.apiServer;
    this.kubectl = parts.kubectl;
    this.istiod = parts.istiod;
    this.#ends = ends;
  }

  /** Resolves when Istio's objects can be applied, and are validated by its webhook. */
  static async start(): Promise<KubeBench> {
    checkBench();
    for (let attempt = 1; ; attempt++) {
      try {
        return await KubeBench.#startOnce();
      } catch (error) {
        // Its ports are numbers that were free a second ago.
        if (attempt === mostAttempts || !/address already in use/i.test(String(error))) throw error;
      }
    }
  }

  static async #startOnce(): Promise<KubeBench> {
    const folder = await mkdtemp(join(tmpdir(), "pwk-kube-"));
    const ends = [() => rm(folder, { recursive: true })];
    try {
      const apiServer = await ApiServer.start(folder);
      ends.push(() => apiServer.end());
      const kubectl = new Kubectl(apiServer.kubeconfig, join(folder, "kubectl"));
      await kubectl.apply(...mesh());
      const istiod = await Istiod.start(apiServer.kubeconfig, folder);
      ends.push(() => istiod.stop());
      await Promise.all([applyCrds(kubectl), istiod.ready(kubectl)]);
      await kubectl.apply(plainText());
      return new KubeBench(folder, { apiServer, kubectl, istiod }, ends);
    } catch (error) {
      await endAll(ends);
      throw error;
    }
  }

  /** A sidecar in front of an application. Its namespace need not be there. */
  async sidecar(identity: PodIdentity): Promise<ProxyPod> {
    return this.#pod("sidecar", identity, this.#startEnvoy);
  }

  /** A gateway that takes every request to an application. */
  async gateway(identity: PodIdentity): Promise<ProxyPod> {
    return this.#pod("router", identity, this.#startEnvoy);
  }

  /**
   * A sidecar with Istio's agent: it fetches modules, and speaks to istiod by mutual TLS, as in a cluster. `hosts`: a file in
   * the place of /etc/hosts for the agent.
   */
  async sidecarWithAgent(identity: PodIdentity, hosts?: string): Promise<ProxyPod> {
    return this.#pod("sidecar", identity, (pod) => this.#startAgent(pod, hosts));
  }

  /** Resolves when every process is gone, and the folder. */
  async stop(): Promise<void> {
    await endAll(this.#ends);
  }

  /** Once each: to apply what somebody else is just creating fails. */
  #namespace(name: string): Promise<void> {
    const there = this.#namespaces.get(name) ?? this.kubectl.apply(namespace(name));
    this.#namespaces.set(name, there);
    return there;
  }

  async #pod(
    type: ProxyType,
    identity: PodIdentity,
    startEnvoy: (pod: Pod) => Promise<RunningEnvoy>,
  ): Promise<ProxyPod> {
    this.#pods++;
    const pod = { ...identity, labels: labelsOf(identity), type, address: addressOf(this.#pods) };
    await this.#namespace(pod.namespace);
    const started = await ProxyPod.start(pod, this.kubectl, () => startEnvoy(pod));
    this.#ends.push(() => started.stop());
    return started;
  }

  #startEnvoy = async (pod: Pod): Promise<RunningEnvoy> => {
    const { binary } = await findEnvoy();
    const bootstrap = proxyBootstrap({ ...pod, istioVersion: istioVersion() }, this.istiod.adsPort);
    return EnvoyProcess.start({ binary, bootstrap });
  };

  async #startAgent(pod: Pod, hosts: string | undefined): Promise<RunningEnvoy> {
    const { binary } = await findEnvoy();
    const credentials = await credentialsOf(this.kubectl, pod.namespace);
    const options = { envoy: binary, adsPort: this.istiod.secureAdsPort, type: pod.type, pod, credentials };
    return Agent.start({ ...options, ...(hosts !== undefined && { hosts }) });
  }
}

/** What a kubelet puts into pods: a token of their account, and istiod's certificate, which istiod publishes. */
async function credentialsOf(kubectl: Kubectl, namespace: string): Promise<Credentials> {
  const there = ["--namespace", namespace];
  await kubectl.apply(account(namespace));
  const token = await kubectl.run(["create", "token", "default", "--audience", "istio-ca", ...there]);
  const published = "configmap/istio-ca-root-cert";
  await kubectl.run(["wait", "--for=create", published, "--timeout=60s", ...there]);
  const rootCertificate = await kubectl.run(["get", published, "--output=jsonpath={.data.root-cert\\.pem}", ...there]);
  return { token: token.trim(), rootCertificate };
}

/** Of a network for documentation (RFC 5737): pods that share loopback would be one to istiod. */
const addressOf = (pod: number): string => `192.0.2.${pod}`;

async function applyCrds(kubectl: Kubectl): Promise<void> {
  await kubectl.run(["apply", "--server-side", "--filename", filesIn().crds]);
  await kubectl.run(["wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"]);
}

/** The last that was started goes first. */
async function endAll(ends: (() => Promise<void>)[]): Promise<void> {
  for (const end of ends.splice(0).reverse()) await end();
}
