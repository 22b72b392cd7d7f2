/** The real Envoy for tests, or why there is none. */
import { type FoundEnvoy, findEnvoy, NoEnvoy } from "../index.ts";

const found = await findEnvoy().catch((error: unknown) => {
  if (error instanceof NoEnvoy) return error;
  throw error;
});

if (found instanceof NoEnvoy) console.warn(`skipping what needs a real Envoy: ${found.message}`);

/** For `describe.skipIf` and the name of what is skipped. */
export const isMissing = found instanceof NoEnvoy;

/** "envoy 1.39.3", or the reason. */
export const title = found instanceof NoEnvoy ? `envoy (${found.message})` : `envoy ${found.version}`;

export const realEnvoy = (): FoundEnvoy => {
  if (found instanceof NoEnvoy) throw found;
  return found;
};
