/** Runs scenarios on both engines and says whether they agree. */
import type { Engine } from "@proxy-wasm-kit/testing";
import { type Pair, type Subject, start, type Timing } from "./pair.ts";
import type { Scenario, SetUp } from "./scenario.ts";
import { differences, type Part, type Seen, seen } from "./seen.ts";

export interface Outcome {
  readonly host: Seen;
  readonly envoy: Seen;
  /** Empty when the engines agree. */
  readonly differs: readonly Part[];
}

/**
 * How often a scenario is tried before it counts as a difference, each time with more time for what happens on its own:
 * a machine that is busy must not look like a difference.
 */
const timings: readonly Timing[] = [
  { paceMs: 2, patienceMs: 2000 },
  { paceMs: 10, patienceMs: 2000 },
  { paceMs: 30, patienceMs: 3000 },
];
/** What happens on its own is over by then, on a host that nothing holds up; see `laterPaces`. */
const hostPatienceMs = ({ paceMs }: Timing) => 30 + 35 * paceMs;

export class Comparison {
  readonly #engines: { readonly host: Engine; readonly envoy: Engine };
  readonly #probe: string;
  #pair: (Pair & { readonly key: string }) | null = null;

  constructor(engines: { readonly host: Engine; readonly envoy: Engine }, probe: string) {
    this.#engines = engines;
    this.#probe = probe;
  }

  /** Scenarios one after the other; those with the same set-up in a row share their proxies. */
  async compare(scenario: Scenario, tries = timings.length): Promise<Outcome> {
    let outcome: Outcome | null = null;
    for (const timing of timings.slice(0, tries)) {
      outcome = await this.#once(scenario, timing);
      if (outcome.differs.length === 0) break;
    }
    if (outcome === null) throw new Error("a scenario has to be tried once");
    return outcome;
  }

  async close(): Promise<void> {
    const pair = this.#pair;
    this.#pair = null;
    await pair?.host.close();
    await pair?.envoy.close();
  }

  async #once(scenario: Scenario, timing: Timing): Promise<Outcome> {
    const pair = await this.#proxies(scenario.setUp);
    const onHost = await this.#run(pair.host, scenario, { ...timing, patienceMs: hostPatienceMs(timing) });
    const isHanging = onHost.result.some((line) => line.endsWith(hungUp));
    // A stream that hangs on the host need not be waited for as long as one that does not.
    const patienceMs = isHanging ? hostPatienceMs(timing) : timing.patienceMs;
    const onEnvoy = await this.#run(pair.envoy, scenario, { ...timing, patienceMs });
    // Whatever state they are in, the next scenario must not meet it.
    if (onHost.isFailed || onEnvoy.isFailed) await this.close().catch(() => {});
    return { host: onHost, envoy: onEnvoy, differs: differences(onHost, onEnvoy) };
  }

  /** That an engine does not survive a scenario is a result too. */
  async #run(subject: Subject, scenario: Scenario, timing: Timing): Promise<Seen> {
    try {
      return seen(await subject.run(scenario, timing));
    } catch (error) {
      const { name, message } = error as Error;
      const isCrash = name === "EnvoyCrash" || /envoy was ended by SIG(SEGV|ABRT)/.test(message);
      return {
        result: [isCrash ? "crash" : `failed: ${message}`],
        response: [],
        upstream: [],
        calls: [],
        isFailed: true,
      };
    }
  }

  async #proxies(setUp: SetUp): Promise<Pair> {
    const key = JSON.stringify(setUp);
    if (this.#pair?.key === key) return this.#pair;
    await this.close();
    const { host, envoy } = this.#engines;
    this.#pair = { key, host: await start(host, setUp, this.#probe), envoy: await start(envoy, setUp, this.#probe) };
    return this.#pair;
  }
}

const hungUp = "downstream_remote_disconnect";
