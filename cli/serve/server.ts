/** A chain of filters on a port that stays, before an upstream; the filters can be changed while it runs. */
import { setMaxListeners } from "node:events";
import type { Address } from "@proxy-wasm-kit/envoy";
import { ConfigurationRefused, type FilterSpec } from "@proxy-wasm-kit/testing";
import { Failure } from "../failure.ts";
import { type Echo, startEcho } from "./echo.ts";
import type { Listener, RunningChain, ServingEngine } from "./engine.ts";
import { Front } from "./front.ts";

export interface ServerOptions {
  readonly engine: ServingEngine;
  readonly listen: Address;
  /** Default: one of our own that answers with what it has received. */
  readonly upstream?: Address;
  readonly clusters: ReadonlyMap<string, Address>;
  readonly listener: Listener;
}

/** For what is in flight when the filters are changed; what takes longer, such as a WebSocket, is cut off. */
const drainMs = 60_000;

export class Server {
  readonly #options: ServerOptions;
  readonly #front: Front;
  readonly #echo: Echo | null;
  #running: RunningChain | null = null;
  #starting: Promise<RunningChain> | null = null;
  readonly #draining = new Set<Promise<void>>();
  readonly #cutOff = new AbortController();
  #onDeath: (how: string) => void = () => {};
  /** Resolves, with how, when the filters' proxy has ended by itself, each time anew. */
  #died: Promise<string> = Promise.resolve("");

  private constructor(options: ServerOptions, front: Front, echo: Echo | null) {
    this.#options = options;
    this.#front = front;
    this.#echo = echo;
    // One for each chain that drains, however many these are.
    setMaxListeners(0, this.#cutOff.signal);
    this.#mourn();
  }

  /** Takes the port; requests wait until there are filters. Throws `Failure`. */
  static async listen(options: ServerOptions): Promise<Server> {
    const front = await Front.listen(options.listen.host, options.listen.port);
    return new Server(options, front, options.upstream === undefined ? await startEcho() : null);
  }

  get url(): string {
    const { host } = this.#options.listen;
    return `http://${host.includes(":") ? `[${host}]` : host}:${this.#front.port}`;
  }

  get died(): Promise<string> {
    return this.#died;
  }

  /**
   * From here on requests go through these filters; those that are in flight are finished by the ones they began with.
   * Throws `Failure` when the filters are refused, and goes on with those that there were.
   */
  async use(filters: readonly FilterSpec[]): Promise<void> {
    const { engine, upstream, clusters, listener } = this.#options;
    const around = { clusters, upstream: upstream ?? { host: "127.0.0.1", port: this.#echo?.port ?? 0 } };
    const starting = engine.start(filters, around, listener);
    this.#starting = starting;
    const chain = await starting.catch((error: unknown) => {
      throw error instanceof ConfigurationRefused ? new Failure(refusal(engine.title, error)) : error;
    });
    if (this.#cutOff.signal.aborted) return;
    const before = this.#running;
    this.#running = chain;
    chain.ended.then((how) => {
      if (this.#running === chain) this.#onDeath(how);
    });
    const drained = this.#front.switchTo(chain.port);
    if (before === null) return;
    const end = this.#within(drained).then(() => before.close());
    this.#draining.add(end);
    end.finally(() => this.#draining.delete(end));
  }

  async close(): Promise<void> {
    const last = this.#running;
    this.#running = null;
    this.#cutOff.abort();
    await this.#front.close();
    // What is about to start ends behind its start.
    const next = await this.#starting?.catch(() => null);
    await Promise.all([...this.#draining, last?.close(), next === last ? null : next?.close()]);
    this.#echo?.close();
  }

  /** Waits for no longer than `drainMs`, and not at all when everything ends. */
  #within(drained: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#cutOff;
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, drainMs);
      drained.then(end);
      signal.addEventListener("abort", end);
    });
  }

  #mourn(): void {
    this.#died = new Promise((resolve) => {
      this.#onDeath = (how) => {
        this.#running = null;
        this.#mourn();
        resolve(how);
      };
    });
  }
}

/** The filters' own words, or else the proxy's. */
function refusal(title: string, { logs, message }: ConfigurationRefused): string {
  const said = logs.filter(({ level }) => level === "error" || level === "critical").map((line) => line.message);
  const words = said.length > 0 ? [...new Set(said)].join("\n") : message;
  return `${title} does not take the filters:\n${words.replace(/^/gm, "  ")}`;
}
