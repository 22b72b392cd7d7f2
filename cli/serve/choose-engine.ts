/** `--engine`: a real Envoy where one can be had, otherwise the embedded host. */
import { lookForEnvoy, NoEnvoy, pinnedVersion } from "@proxy-wasm-kit/envoy";
import { Failure, messageOf } from "../failure.ts";
import type { ServingEngine } from "./engine.ts";
import { envoyServing } from "./envoy-engine.ts";
import { hostServing } from "./host-engine.ts";

/** `tell` is given what a person should know of the choice. */
export async function chooseEngine(
  name: "host" | "envoy" | undefined,
  tell: (text: string) => void,
): Promise<ServingEngine> {
  if (name === "host") return hostServing;
  try {
    if ((await lookForEnvoy()) === null) tell(`installing envoy ${pinnedVersion}`);
    return await envoyServing();
  } catch (error) {
    if (name === "envoy") throw new Failure(`--engine envoy: ${messageOf(error)}`);
    if (!(error instanceof NoEnvoy)) throw new Failure(messageOf(error));
    tell(`without a real Envoy, by the embedded host: ${error.message}`);
    return hostServing;
  }
}
