/** The plugins of one listener, as the worker runs them for new streams. */
import type { RootContext } from "./context.ts";
import { LoadError } from "./module.ts";
import { type Installed, PluginRefused, type Thread } from "./thread.ts";
import type { HostServices } from "./vm.ts";

/** Envoy tries a failed VM again after `reload_config.backoff.base_interval`. */
const reloadBackoffNs = 1_000_000_000n;

interface Link {
  readonly installed: Installed;
  root: RootContext;
  lastLoadNs: bigint;
}

export class FilterChain {
  readonly #services: HostServices;
  readonly #worker: Thread;
  readonly #links: Link[] = [];

  constructor(services: HostServices, worker: Thread) {
    this.#services = services;
    this.#worker = worker;
  }

  /** Throws `PluginRefused`, `LoadError`. */
  async add(installed: Installed): Promise<void> {
    const root = await this.#worker.install(installed);
    this.#links.push({ installed, root, lastLoadNs: this.#services.clock.monotonicNs() });
  }

  /** The root contexts new streams go to: failed VMs are left out or reloaded as their policy says. */
  async liveRoots(): Promise<RootContext[]> {
    for (const link of this.#links) await this.#reload(link);
    return this.#links
      .map(({ root }) => root)
      .filter(({ vm, plugin }) => vm.failure === null || plugin.failurePolicy !== "FAIL_OPEN");
  }

  async #reload(link: Link): Promise<void> {
    if (link.root.vm.failure === null || link.installed.plugin.failurePolicy !== "FAIL_RELOAD") return;
    const nowNs = this.#services.clock.monotonicNs();
    if (nowNs - link.lastLoadNs < reloadBackoffNs) return;
    link.lastLoadNs = nowNs;
    try {
      link.root = await this.#worker.install(link.installed);
    } catch (error) {
      if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
      this.#services.hostLog(error.message);
    }
  }
}
