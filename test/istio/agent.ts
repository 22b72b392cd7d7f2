/**
 * One running pilot-agent, Istio's process in a proxy's container: it starts Envoy, stands between it and istiod, and fetches the
 * modules that have a URL. Plain text to istiod, on free ports of loopback.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { Admin } from "@proxy-wasm-kit/envoy";
import { filesIn, istioVersion } from "@proxy-wasm-kit/istio";
import { freePort, workload } from "./workload.ts";

/** Where agents keep modules; the path is fixed in Istio. */
const moduleFolder = "/var/lib/istio/data";
/** It is ready within two seconds, but may have to wait for a processor. */
const patienceMs = 30_000;
const pollMs = 20;
const keptLines = 40;
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
  readonly type: "sidecar" | "router";
  /** Of the pod. Default: those of `workload`. */
  readonly labels?: Readonly<Record<string, string>>;
}

export class Agent {
  /** Of its Envoy. */
  readonly admin: Admin;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;
  readonly #folder: string;
  readonly #log: readonly string[];

  private constructor(admin: Admin, child: ChildProcess, ended: Promise<string>, folder: string, log: string[]) {
    this.admin = admin;
    this.#child = child;
    this.#ended = ended;
    this.#folder = folder;
    this.#log = log;
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
    // A process group of its own: Envoy, which the agent starts, is in it and ends with it.
    const child = spawn(filesIn().agent, ["proxy", options.type, "--proxyLogLevel=warning"], {
      cwd: folder,
      detached: true,
      env: { ...process.env, ...(await environment(options, folder, adminPort)) },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const log: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        if (log.push(line) > keptLines) log.shift();
      });
    }
    const end = () => endGroup(child);
    process.once("exit", end);
    const ended = new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(`could not be started: ${error.message}`));
      child.on("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
    }).finally(() => process.off("exit", end));
    const agent = new Agent(new Admin(`127.0.0.1:${adminPort}`), child, ended, folder, log);
    const problem = await Promise.race([agent.#becomesReady(), ended]);
    if (problem === null) return agent;
    // Not asked for modules: on its port may be the Envoy of somebody else.
    await agent.#end();
    throw new Error([`pilot-agent ${problem}:`, ...log].join("\n"));
  }

  /** The end of its log, and of Envoy's. */
  get log(): string {
    return this.#log.join("\n");
  }

  /** Resolves when both processes are gone, and the modules that they have had. */
  async stop(): Promise<void> {
    const modules = await modulesOf(this.admin).catch(() => []);
    await this.#end();
    // A folder for each URL, and every test has URLs of its own.
    for (const folder of new Set(modules.map(dirname))) await rm(folder, { recursive: true, force: true });
  }

  async #end(): Promise<void> {
    endGroup(this.#child);
    await this.#ended;
    await rm(this.#folder, { recursive: true });
  }

  async #becomesReady(): Promise<string | null> {
    const giveUpAt = Date.now() + patienceMs;
    while (Date.now() < giveUpAt) {
      if (await this.admin.isReady()) return null;
      await delay(pollMs);
    }
    return `was not ready within ${patienceMs / 1000} s`;
  }
}

/** Both have no state to save, and to end in peace takes the agent seconds. */
function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It is gone already.
  }
}

async function environment({ envoy, adsPort, labels }: AgentOptions, folder: string, adminPort: number) {
  const { name, namespace } = workload;
  const proxyConfig = {
    discoveryAddress: `127.0.0.1:${adsPort}`,
    controlPlaneAuthPolicy: "NONE",
    binaryPath: envoy,
    configPath: join(folder, "etc"),
    proxyBootstrapTemplatePath: filesIn().agentBootstrap,
    proxyAdminPort: adminPort,
    statusPort: await freePort(),
    concurrency: 1,
    tracing: {},
  };
  return {
    PROXY_CONFIG: JSON.stringify(proxyConfig),
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    INSTANCE_IP: "127.0.0.1",
    ISTIO_META_CLUSTER_ID: "Kubernetes",
    ISTIO_META_INTERCEPTION_MODE: "NONE",
    ISTIO_METAJSON_LABELS: JSON.stringify(labels ?? workload.labels),
    ISTIO_META_ISTIO_VERSION: `${istioVersion()}.0`,
    ENVOY_STATUS_PORT: `${await freePort()}`,
    ENVOY_PROMETHEUS_PORT: `${await freePort()}`,
    // No certificate authority, and nothing for gRPC applications.
    FILE_MOUNTED_CERTS: "true",
    CA_PROVIDER: "none",
    GRPC_XDS_BOOTSTRAP: "",
    TRUST_DOMAIN: "cluster.local",
  };
}

/** Files that the agent has put in the place of URLs. */
async function modulesOf(admin: Admin): Promise<string[]> {
  const dump = JSON.stringify(await admin.configDump());
  return [...dump.matchAll(/"filename":"([^"]+)"/g)]
    .map(([, file = ""]) => file)
    .filter((file) => file.startsWith(`${moduleFolder}/`));
}
