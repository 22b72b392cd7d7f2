/** What the command line says of the surroundings of manifests, as `check` wants it. */
import type { CheckOptions, Workload } from "@proxy-wasm-kit/check";
import { lookForEnvoy } from "@proxy-wasm-kit/envoy";
import { Failure, messageOf } from "../failure.ts";
import { triedOn } from "./envoy.ts";
import { knownFilters } from "./filters.ts";
import { readModules } from "./modules.ts";

export interface SurroundingsOptions {
  readonly istio?: number;
  readonly module?: readonly string[];
  readonly workload?: readonly Workload[];
  readonly chainFilter?: readonly string[];
  readonly envoy: boolean;
}

export async function checkOptions(options: SurroundingsOptions): Promise<CheckOptions> {
  const { istio, module = [], workload, chainFilter, envoy } = options;
  const binary = envoy ? await envoyBinary() : null;
  return {
    modules: await readModules(module),
    filters: await knownFilters(),
    environment: Object.fromEntries(Object.entries(process.env).map(([key, value]) => [key, value ?? ""])),
    ...(istio !== undefined && { istioMinor: istio }),
    ...(workload && { workloads: workload }),
    ...(chainFilter && { chainFilters: chainFilter }),
    ...(binary !== null && { tryFilter: triedOn(binary) }),
  };
}

/** None is installed for this. */
async function envoyBinary(): Promise<string | null> {
  try {
    return (await lookForEnvoy())?.binary ?? null;
  } catch (error) {
    throw new Failure(messageOf(error));
  }
}
