/** Envoy's admin endpoint, the parts the kit reads. */

/** A listener as it is bound now. */
export interface BoundListener {
  readonly name: string;
  readonly address: string;
  readonly port: number;
}

export class Admin {
  /** Such as "http://127.0.0.1:9901". */
  readonly url: string;

  constructor(address: string) {
    this.url = `http://${address}`;
  }

  /** True once Envoy serves; false while it starts, and when it does not answer. */
  async isReady(): Promise<boolean> {
    try {
      const response = await fetch(`${this.url}/ready`);
      await response.arrayBuffer();
      return response.ok;
    } catch {
      return false;
    }
  }

  async listeners(): Promise<BoundListener[]> {
    const { listener_statuses = [] } = (await this.#json("/listeners?format=json")) as ListenerStatuses;
    return listener_statuses.flatMap(({ name, local_address: { socket_address } }) =>
      socket_address === undefined
        ? []
        : [{ name, address: socket_address.address, port: socket_address.port_value ?? 0 }],
    );
  }

  /** The port of a listener. Throws when there is none of that name. */
  async port(listener: string): Promise<number> {
    const listeners = await this.listeners();
    const found = listeners.find(({ name }) => name === listener);
    if (found !== undefined) return found.port;
    const names = listeners.map(({ name }) => `"${name}"`).join(", ") || "none";
    throw new Error(`envoy has no listener "${listener}"; it has: ${names}`);
  }

  /** Counters and gauges whose name starts with `prefix`, without the prefix. */
  async stats(prefix: string): Promise<Record<string, number>> {
    const filter = encodeURIComponent(`^${prefix.replaceAll(/[^\w]/g, "\\$&")}`);
    const { stats } = (await this.#json(`/stats?format=json&filter=${filter}`)) as Stats;
    return Object.fromEntries(
      stats.flatMap(({ name, value }) =>
        name === undefined || value === undefined ? [] : [[name.slice(prefix.length), value]],
      ),
    );
  }

  /** The metrics filters have defined, by their own name. */
  async wasmMetrics(): Promise<Record<string, number>> {
    return this.stats("wasmcustom.");
  }

  /** What Envoy runs with: `ConfigDump` of its admin API. */
  async configDump(): Promise<unknown> {
    return this.#json("/config_dump");
  }

  async #json(path: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`);
    if (!response.ok) throw new Error(`envoy's admin answers ${response.status} to ${path}: ${await response.text()}`);
    return response.json();
  }
}

/** `envoy.admin.v3.Listeners`; a number that is 0 is left out. */
interface ListenerStatuses {
  readonly listener_statuses?: readonly {
    readonly name: string;
    readonly local_address: {
      readonly socket_address?: { readonly address: string; readonly port_value?: number };
    };
  }[];
}

/** The last entry holds the histograms and has no name. */
interface Stats {
  readonly stats: readonly { readonly name?: string; readonly value?: number }[];
}
