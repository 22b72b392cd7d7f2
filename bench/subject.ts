/** One Envoy under measurement, with its load and its open streams. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyProcess, wasm } from "@proxy-wasm-kit/envoy";
import { bootstrap, extension, listenerName } from "./bootstrap.ts";
import { HeldStreams } from "./held-streams.ts";
import { Load } from "./load.ts";
import { rootId, type Variant } from "./variants.ts";
import type { Workload } from "./workload.ts";

/** Requests at a time. Of large bodies there are fewer, so that client and proxy do not wait for memory. */
const connectionsFor = (bodyBytes: number) => (bodyBytes > 16384 ? 4 : 16);

export class Subject {
  readonly variant: Variant;
  readonly #envoy: EnvoyProcess;
  readonly #port: number;
  readonly #workload: Workload;
  readonly #loads = new Map<number, Load>();
  readonly #held: HeldStreams;

  private constructor(variant: Variant, envoy: EnvoyProcess, port: number, workload: Workload, held: HeldStreams) {
    this.variant = variant;
    this.#envoy = envoy;
    this.#port = port;
    this.#workload = workload;
    this.#held = held;
  }

  static async start(binary: string, variant: Variant, workload: Workload): Promise<Subject> {
    const { filter, sdk, module } = variant;
    const plugin = (file: string) => ({
      ...{ name: `${filter}-${sdk}`, file, rootId, configuration: workload.configurationOf(variant) },
      failurePolicy: "FAIL_CLOSED" as const,
      allowOnHeadersStopIteration: workload.allowOnHeadersStopIteration,
    });
    const envoy = await EnvoyProcess.start({
      binary,
      bootstrap: bootstrap(
        module === null ? workload.nativeFilters(variant) : [extension(`${filter}-${sdk}`, wasm(plugin(module)))],
        workload.responseHeaders,
      ),
      logLevel: "error",
    });
    const port = await envoy.admin.port(listenerName);
    await workload.check(`http://127.0.0.1:${port}/`, variant);
    return new Subject(variant, envoy, port, workload, await HeldStreams.open(port));
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
  async measure(requests: number, bodyBytes: number): Promise<number> {
    const load = this.#loads.get(bodyBytes) ?? (await this.#open(bodyBytes));
    const before = this.#cpuNs();
    await load.run(requests);
    // The kernel writes a thread's time down when it goes to sleep.
    await delay(2);
    return (this.#cpuNs() - before) / requests;
  }

  async stop(): Promise<void> {
    for (const load of this.#loads.values()) load.close();
    this.#held.close();
    await this.#envoy.stop();
  }

  async #open(bodyBytes: number): Promise<Load> {
    const request = this.#workload.request(bodyBytes);
    const load = await Load.open(this.#port, connectionsFor(bodyBytes), request);
    this.#loads.set(bodyBytes, load);
    return load;
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
