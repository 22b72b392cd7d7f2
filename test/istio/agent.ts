/**
 * One running pilot-agent, Istio's process in a proxy's container: it starts Envoy, stands between it and istiod, and fetches the
 * modules that have a URL. On free ports of loopback.
 */
import { accessSync, constants, mkdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Admin } from "@proxy-wasm-kit/envoy";
import { filesIn, istioVersion, type ProxyType } from "@proxy-wasm-kit/istio";
import { withHosts } from "../own-hosts.ts";
import { Program } from "../program.ts";
import { freePort, workload } from "./workload.ts";

/** Where agents keep modules; the path is fixed in Istio. */
const moduleFolder = "/var/lib/istio/data";
const mostAttempts = 3;

/** What to do where no agent can run; undefined where one can. */
export function whyNoAgent(): string | undefined {
  try {
    mkdirSync(moduleFolder, { recursive: true });
    accessSync(moduleFolder, constants.W_OK);
    return undefined;
  } catch {
    return `Istio's agent keeps modules in ${moduleFolder}: make that folder writable, or run as root`;
  }
}

export interface AgentOptions {
  /** Envoy's executable. */
  readonly envoy: string;
  /** Of istiod's ADS server. */
  readonly adsPort: number;
  /** Beside a workload, or a gateway. */
  readonly type: ProxyType;
  /** Default: that of `workload`. */
  readonly pod?: Pod;
  /** With which it asks istiod for a certificate; istiod trusts nobody else with secrets. Default: plain text. */
  readonly credentials?: Credentials;
  /** Variables of its container besides Istio's. */
  readonly variables?: Readonly<Record<string, string>>;
  /** A file in the place of /etc/hosts; see `whyNoOwnHosts`. Default: that of the machine. */
  readonly hosts?: string;
}

interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly address: string;
}

export interface Credentials {
  /** Of the pod's account "default", for istio-ca. */
  readonly token: string;
  /** Istiod's, in PEM. */
  readonly rootCertificate: string;
}

export class Agent {
  /** Of its Envoy. */
  readonly admin: Admin;
  readonly #program: Program;
  readonly #folder: string;

  private constructor(admin: Admin, program: Program, folder: string) {
    this.admin = admin;
    this.#program = program;
    this.#folder = folder;
  }

  /** Resolves when Envoy has what it needs for requests, modules too. Throws with the end of the log. */
  static async start(options: AgentOptions): Promise<Agent> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await Agent.#startOnce(options);
      } catch (error) {
        // Its ports are numbers that were free a second ago.
        if (attempt === mostAttempts || !/address already in use/i.test(String(error))) throw error;
      }
    }
  }

  static async #startOnce(options: AgentOptions): Promise<Agent> {
    const folder = await mkdtemp(join(tmpdir(), "pwk-agent-"));
    const adminPort = await freePort();
    if (options.credentials !== undefined) await writeCredentials(folder, options.credentials);
    const command = [filesIn().agent, "proxy", options.type, "--proxyLogLevel=warning"] as const;
    const [binary, ...args] = options.hosts === undefined ? command : withHosts(options.hosts, command);
    const program = new Program("pilot-agent", {
      ...{ binary, args, folder },
      environment: await environment(options, folder, adminPort),
    });
    const agent = new Agent(new Admin(`127.0.0.1:${adminPort}`), program, folder);
    try {
      await program.until("to be ready", () => agent.admin.isReady());
      return agent;
    } catch (error) {
      // Not asked for modules: on its port may be the Envoy of somebody else.
      await agent.#end();
      throw error;
    }
  }

  /** The end of its log, and of Envoy's. */
  get log(): string {
    return this.#program.lastWords;
  }

  /** Resolves when both processes are gone, and the modules that they have had. They have no state to save. */
  async stop(): Promise<void> {
    const modules = await modulesOf(this.admin).catch(() => []);
    await this.#end();
    // A folder for each URL, and every test has URLs of its own.
    for (const folder of new Set(modules.map(dirname))) await rm(folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    await this.#program.stop();
    await rm(this.#folder, { recursive: true });
  }
}

/** Where the agent looks for them, seen from where it is started. */
async function writeCredentials(folder: string, { token, rootCertificate }: Credentials): Promise<void> {
  const files = { "tokens/istio-token": token, "istio/root-cert.pem": rootCertificate };
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, "var/run/secrets", name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content, { mode: 0o600 });
  }
}

async function environment(options: AgentOptions, folder: string, adminPort: number) {
  const { envoy, adsPort, credentials, pod = { ...workload, address: "127.0.0.1" } } = options;
  const istiod = `127.0.0.1:${adsPort}`;
  const proxyConfig = {
    discoveryAddress: istiod,
    ...(credentials === undefined && { controlPlaneAuthPolicy: "NONE" }),
    binaryPath: envoy,
    configPath: join(folder, "etc"),
    proxyBootstrapTemplatePath: filesIn().agentBootstrap,
    proxyAdminPort: adminPort,
    statusPort: await freePort(),
    concurrency: 1,
    tracing: {},
  };
  return {
    ...options.variables,
    PROXY_CONFIG: JSON.stringify(proxyConfig),
    POD_NAME: pod.name,
    POD_NAMESPACE: pod.namespace,
    INSTANCE_IP: pod.address,
    ISTIO_META_CLUSTER_ID: "Kubernetes",
    ISTIO_META_INTERCEPTION_MODE: "NONE",
    ISTIO_METAJSON_LABELS: JSON.stringify(pod.labels),
    ISTIO_META_ISTIO_VERSION: `${istioVersion()}.0`,
    ENVOY_STATUS_PORT: `${await freePort()}`,
    ENVOY_PROMETHEUS_PORT: `${await freePort()}`,
    // Nothing for gRPC applications.
    GRPC_XDS_BOOTSTRAP: "",
    TRUST_DOMAIN: "cluster.local",
    ...(credentials === undefined
      ? { FILE_MOUNTED_CERTS: "true", CA_PROVIDER: "none" }
      : { CA_ADDR: istiod, SERVICE_ACCOUNT: "default" }),
  };
}

/** Files that the agent has put in the place of URLs. */
async function modulesOf(admin: Admin): Promise<string[]> {
  const dump = JSON.stringify(await admin.configDump());
  return [...dump.matchAll(/"filename":"([^"]+)"/g)]
    .map(([, file = ""]) => file)
    .filter((file) => file.startsWith(`${moduleFolder}/`));
}
