/** A real istiod that watches the API server: discovery, its certificate authority, and its admission webhook. */
import { filesIn } from "@proxy-wasm-kit/istio";
import { freePort } from "../istio/workload.ts";
import { Program } from "../program.ts";
import type { Kubectl } from "./kubectl.ts";

const host = "127.0.0.1";
export const rootNamespace = "istio-system";
/** Istiod knows its webhooks by this label. */
const revision = "default";
const webhook = `istio-validator-${rootNamespace}`;

export class Istiod {
  /** Of its http server, such as "http://127.0.0.1:8080": `/ready`, `/debug/...`. */
  readonly url: string;
  /** Of ADS in plain text. */
  readonly adsPort: number;
  /** Of ADS and of the certificate authority, with TLS. */
  readonly secureAdsPort: number;
  readonly #webhookPort: number;
  readonly #program: Program;

  /** `folder`: where it looks for certificates and puts none. */
  static async start(kubeconfig: string, folder: string): Promise<Istiod> {
    const ports = [await freePort(), await freePort(), await freePort(), await freePort()] as const;
    return new Istiod(kubeconfig, folder, ports);
  }

  private constructor(kubeconfig: string, folder: string, ports: readonly [number, number, number, number]) {
    const [http, webhookPort, ads, secureAds] = ports;
    this.url = `http://${host}:${http}`;
    this.adsPort = ads;
    this.secureAdsPort = secureAds;
    this.#webhookPort = webhookPort;
    this.#program = new Program("istiod", {
      binary: filesIn().discovery,
      args: [
        ...["discovery", "--kubeconfig", kubeconfig, "--httpAddr", `${host}:${http}`],
        ...["--grpcAddr", `${host}:${ads}`, "--secureGRPCAddr", `${host}:${secureAds}`],
        ...["--httpsAddr", `${host}:${webhookPort}`, "--monitoringAddr", `${host}:0`],
        ...["--ctrlz_address", host, "--ctrlz_port", "0"],
      ],
      folder,
      environment: {
        POD_NAME: "istiod-1",
        POD_NAMESPACE: rootNamespace,
        // Without these two it leaves its webhook alone: the label's value, and the name in its certificate.
        REVISION: revision,
        ISTIOD_CUSTOM_HOST: host,
        // Envoy as it is released has neither filter.
        PILOT_ENABLE_METADATA_EXCHANGE: "false",
        PILOT_ENABLE_ALPN_FILTER: "false",
      },
    });
  }

  /** Resolves when it serves, and when no object gets past its webhook. */
  async ready(kubectl: Kubectl): Promise<void> {
    await this.#program.until("to be ready", async () => (await fetch(`${this.url}/ready`)).ok);
    await kubectl.apply(validation(this.#webhookPort));
    // It puts its certificate there and then lets nothing pass unseen.
    const condition = "jsonpath={.webhooks[0].failurePolicy}=Fail";
    await kubectl.run(["wait", `validatingwebhookconfiguration/${webhook}`, `--for=${condition}`, "--timeout=60s"]);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
  }
}

/** Istio's own, but reached by a URL: there are no services here. */
const validation = (port: number): object => ({
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: webhook, labels: { app: "istiod", istio: "istiod", "istio.io/rev": revision } },
  webhooks: [
    {
      name: "rev.validation.istio.io",
      clientConfig: { url: `https://${host}:${port}/validate` },
      rules: [
        {
          operations: ["CREATE", "UPDATE"],
          apiGroups: ["security.istio.io", "networking.istio.io", "telemetry.istio.io", "extensions.istio.io"],
          apiVersions: ["*"],
          resources: ["*"],
        },
      ],
      failurePolicy: "Ignore",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    },
  ],
});
