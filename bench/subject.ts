/** One Envoy under measurement, with its load and its open streams. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyProcess } from "@proxy-wasm-kit/envoy";
import { bootstrap, listenerName } from "./bootstrap.ts";
import { HeldStreams } from "./held-streams.ts";
import { Load } from "./load.ts";
import { addedHeader, configuration, rootId, type Variant } from "./variants.ts";

/** Short requests at a time. */
const connections = 16;

export class Subject {
  readonly variant: Variant;
  readonly #envoy: EnvoyProcess;
  readonly #load: Load;
  readonly #held: HeldStreams;

  private constructor(variant: Variant, envoy: EnvoyProcess, load: Load, held: HeldStreams) {
    this.variant = variant;
    this.#envoy = envoy;
    this.#load = load;
    this.#held = held;
  }

  static async start(binary: string, variant: Variant): Promise<Subject> {
    const { filter, sdk, module } = variant;
    const plugin = (file: string) => ({
      ...{ name: `${filter}-${sdk}`, file, rootId, configuration },
      ...{ failurePolicy: "FAIL_CLOSED" as const, allowOnHeadersStopIteration: false },
    });
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: bootstrap(module === null ? [] : [plugin(module)]),
      logLevel: "error",
    });
    const port = await envoy.admin.port(listenerName);
    await check(port, variant);
    return new Subject(variant, envoy, await Load.open(port, connections), await HeldStreams.open(port));
  }

  /** Keeps all threads of Envoy on one processor. */
  pin(processor: number): void {
    pin(this.#envoy.pid ?? 0, processor);
  }

  /** Resolves when so many streams have passed the filter and wait behind it. */
  async hold(count: number): Promise<void> {
    this.#held.grow(count);
    for (;;) {
      const { active_faults: open = 0 } = await this.#envoy.admin.stats(`http.${listenerName}.fault.`);
      if (open === count) return;
      await delay(10);
    }
  }

  /** Nanoseconds of processor time for each of so many requests. */
  async measure(requests: number): Promise<number> {
    const before = this.#cpuNs();
    await this.#load.run(requests);
    // The kernel writes a thread's time down when it goes to sleep.
    await delay(2);
    return (this.#cpuNs() - before) / requests;
  }

  async stop(): Promise<void> {
    this.#load.close();
    this.#held.close();
    await this.#envoy.stop();
  }

  /** Of all threads since they began. The first number of schedstat is nanoseconds on a processor. */
  #cpuNs(): number {
    const tasks = `/proc/${this.#envoy.pid}/task`;
    return readdirSync(tasks)
      .map((task) => Number(readFileSync(`${tasks}/${task}/schedstat`, "utf8").split(" ")[0]))
      .reduce((sum, each) => sum + each);
  }
}

export function pin(pid: number, processor: number): void {
  execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", `${processor}`, `${pid}`], { stdio: "ignore" });
}

/** A filter that does not work would be quick. */
async function check(port: number, { filter, sdk }: Variant): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/`);
  const expected = filter === "add-header" ? configuration : null;
  const value = response.headers.get(addedHeader);
  if (response.status !== 200 || value !== expected) {
    throw new Error(`${filter} of ${sdk} answers ${response.status} with ${addedHeader}: ${value}`);
  }
}
