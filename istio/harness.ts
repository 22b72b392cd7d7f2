/** One running istio-harness: istiod's discovery code, fed from files, on a free port of loopback. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface, type Interface } from "node:readline";

/** It ends within milliseconds; after this it is killed. */
const stopMs = 5_000;
const keptLines = 20;

export interface HarnessInput {
  /** YAML files of Kubernetes objects. */
  readonly kube: readonly string[];
  /** YAML files of Istio objects. */
  readonly istio: readonly string[];
  /** Variables of istiod, besides those of this process. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Where its debug endpoints are to be, for `configDump`. Default: nowhere. */
  readonly debugPort?: number;
}

interface Parts {
  readonly child: ChildProcess;
  /** A line for each change of state. */
  readonly states: Interface;
  readonly ended: Promise<unknown>;
}

export class IstioHarness {
  /** Of its ADS server. */
  readonly port: number;
  readonly #debugPort: number | undefined;
  readonly #child: ChildProcess;
  readonly #states: Interface;
  readonly #ended: Promise<unknown>;

  private constructor(port: number, debugPort: number | undefined, parts: Parts) {
    this.port = port;
    this.#debugPort = debugPort;
    this.#child = parts.child;
    this.#states = parts.states;
    this.#ended = parts.ended;
  }

  /** Resolves when it serves what is in the files. Throws when istiod does not take an object. */
  static async start(binary: string, files: HarnessInput): Promise<IstioHarness> {
    const inputs = ["-kube", files.kube.join(), "-istio", files.istio.join()];
    if (files.debugPort !== undefined) inputs.push("-debug", `127.0.0.1:${files.debugPort}`);
    // It ends with its standard input, so it does not outlive this process, however that ends.
    const child = spawn(binary, ["-listen", "127.0.0.1:0", "-end-with-stdin", ...inputs], {
      stdio: "pipe",
      env: { ...process.env, ...files.environment },
    });
    child.stdin.on("error", () => {});
    const lastWords: string[] = [];
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (lastWords.push(line) > keptLines) lastWords.shift();
    });
    const ended = new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(`could not be started: ${error.message}`));
      child.on("close", (code, signal) => resolve(`ended with ${signal ?? `code ${code}`}`));
    });
    const states = createInterface({ input: child.stdout });
    const ready = new Promise<number>((resolve) => {
      states.on("line", (line) => {
        const port = /^ready .*:(\d+)$/.exec(line)?.[1];
        if (port !== undefined) resolve(Number(port));
      });
    });
    const port = await Promise.race([ready, ended]);
    if (typeof port === "string") throw new Error([`istio-harness ${port}:`, ...lastWords].join("\n"));
    return new IstioHarness(port, files.debugPort, { child, states, ended });
  }

  /** Has it read the files of Istio objects again, and push the difference. Throws when istiod does not take them. */
  async reload(): Promise<void> {
    const next = once(this.#states, "line");
    this.#child.kill("SIGHUP");
    const state = await Promise.race([next, this.#ended.then((end) => [`istio-harness ${end}`])]);
    if (state[0] !== "reloaded") throw new Error(String(state[0]));
  }

  /** What istiod has made for a connected proxy, "pod.namespace": Envoy's `ConfigDump`. Needs a debug port. */
  async configDump(proxy: string): Promise<unknown> {
    const response = await fetch(`http://127.0.0.1:${this.#debugPort}/debug/config_dump?proxyID=${proxy}`);
    if (!response.ok) throw new Error(`istio-harness answers ${response.status}: ${await response.text()}`);
    return response.json();
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), stopMs);
    await this.#ended;
    clearTimeout(timer);
  }
}
