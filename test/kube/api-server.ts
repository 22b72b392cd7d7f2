/** A real API server with its etcd, on free ports of loopback: no controllers, no kubelet, everything is allowed. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { dirname, join } from "node:path";
import { freePort } from "../istio/workload.ts";
import { Program } from "../program.ts";
import { filesIn } from "./location.mjs";

const host = "127.0.0.1";

export class ApiServer {
  /** Path of the file with which clients find it. */
  readonly kubeconfig: string;
  readonly #etcd: Program;
  readonly #access: Access;
  readonly #args: readonly string[];
  #server: Program | undefined;

  private constructor(folder: string, etcd: Program, access: Access, args: readonly string[]) {
    this.kubeconfig = kubeconfigIn(folder);
    this.#etcd = etcd;
    this.#access = access;
    this.#args = args;
  }

  /** Keeps everything in the folder. Resolves when it takes objects. */
  static async start(folder: string): Promise<ApiServer> {
    const [port, etcdPort, peerPort] = [await freePort(), await freePort(), await freePort()];
    const etcdUrl = `http://${host}:${etcdPort}`;
    const etcd = startEtcd(join(folder, "etcd"), etcdUrl, `http://${host}:${peerPort}`);
    // The server makes its certificate itself, with this name.
    const access = { port, token: randomBytes(16).toString("hex"), certificate: join(folder, "certs/apiserver.crt") };
    await writeFile(kubeconfigIn(folder), kubeconfig(access), { mode: 0o600 });
    const args = await commandLine(folder, access, etcdUrl);
    const server = new ApiServer(folder, etcd, access, args);
    try {
      const isHealthy = async () => (await fetch(`${etcdUrl}/health`)).ok;
      await Promise.all([etcd.until("to be healthy", isHealthy), server.restart()]);
      return server;
    } catch (error) {
      await server.end();
      throw error;
    }
  }

  /** The server goes away, as in a crash; what it knows stays. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** It is back, where it was and with what it knew. Resolves when it takes objects. */
  async restart(): Promise<void> {
    await this.stop();
    this.#server = new Program("kube-apiserver", { binary: filesIn().apiServer, args: this.#args });
    await this.#server.until("to be ready", () => this.#isReady());
  }

  /** Connections stand, and nothing is answered until `resume`. */
  pause(): void {
    this.#server?.pause();
  }

  resume(): void {
    this.#server?.resume();
  }

  /** The server and etcd are gone for good. */
  async end(): Promise<void> {
    await this.stop();
    await this.#etcd.stop();
  }

  async #isReady(): Promise<boolean> {
    const { port, token, certificate } = this.#access;
    const ca = await readFile(certificate);
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request({ host, port, path: "/readyz", headers, ca, agent: false }).end();
    const [response] = await once(outgoing, "response");
    response.resume();
    return response.statusCode === 200;
  }
}

interface Access {
  readonly port: number;
  readonly token: string;
  /** Path of the server's, in PEM. */
  readonly certificate: string;
}

const kubeconfigIn = (folder: string) => join(folder, "kubeconfig");

const startEtcd = (folder: string, url: string, peerUrl: string): Program =>
  new Program("etcd", {
    binary: filesIn().etcd,
    args: [
      ...["--data-dir", folder, "--log-level", "warn", "--unsafe-no-fsync"],
      ...["--listen-client-urls", url, "--advertise-client-urls", url],
      ...["--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl],
      ...["--initial-cluster", `default=${peerUrl}`],
    ],
  });

async function commandLine(folder: string, { port, token, certificate }: Access, etcdUrl: string): Promise<string[]> {
  const [tokens, keyFile] = [join(folder, "tokens.csv"), join(folder, "service-accounts.key")];
  await writeFile(tokens, `${token},admin,admin,system:masters\n`, { mode: 0o600 });
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  await writeFile(keyFile, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600 });
  return [
    ...["--etcd-servers", etcdUrl, "--cert-dir", dirname(certificate)],
    ...["--bind-address", host, "--advertise-address", host, "--secure-port", `${port}`],
    ...["--token-auth-file", tokens, "--authorization-mode", "AlwaysAllow"],
    // It would publish its own address, and no endpoint may be on loopback.
    ...["--endpoint-reconciler-type", "none"],
    // It would refuse every pod, as no controller makes the account "default".
    ...["--disable-admission-plugins", "ServiceAccount"],
    ...["--service-cluster-ip-range", "10.0.0.0/24"],
    ...["--service-account-issuer", "https://kubernetes.default.svc"],
    ...["--service-account-key-file", keyFile, "--service-account-signing-key-file", keyFile],
  ];
}

/** JSON is YAML. */
const kubeconfig = ({ port, token, certificate }: Access): string =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "bench",
    clusters: [{ name: "bench", cluster: { server: `https://${host}:${port}`, "certificate-authority": certificate } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "bench", context: { cluster: "bench", user: "admin" } }],
  });
