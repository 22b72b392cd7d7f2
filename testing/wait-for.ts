/** Waiting for what happens on its own time. */
import { setTimeout as delay } from "node:timers/promises";
import type { Observation } from "./types.ts";

const patienceMs = 10_000;
/** Between two looks. */
const pollMs = 10;

/** Looks until the condition holds; throws with what was seen last when it does not in time. */
export async function waitFor(
  look: () => Promise<Observation>,
  condition: (seen: Observation) => boolean,
): Promise<Observation> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (condition(seen)) return seen;
    if (Date.now() > giveUpAt) {
      const { logs, calls, metrics } = seen;
      const lines = logs.map(({ level, message }) => `${level} ${message}`);
      const paths = calls.map(({ cluster, path }) => `${cluster}${path}`);
      throw new Error(`nothing came of it in ${patienceMs / 1000} s: ${JSON.stringify({ metrics, paths, lines })}`);
    }
    await delay(pollMs);
  }
}
