/** The filters of a `pwk.yaml`, as they are served on this machine. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { InvalidPlan, type LoadedFilter, nameOfVariable, resolveEnvironment } from "@proxy-wasm-kit/deliver";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import type { YamlFile } from "../configuration.ts";
import { identitiesOf, loadEnvironment } from "../delivery/load.ts";
import { inFile } from "../delivery/places.ts";
import { readDelivery } from "../delivery/read.ts";
import { Failure } from "../failure.ts";
import { readModule } from "../filter.ts";
import { beside } from "../input.ts";

export interface DeliveryChain {
  readonly filters: readonly DeliveredFilter[];
  /** The file, and those that it names. */
  readonly files: readonly string[];
}

export interface DeliveredFilter {
  readonly spec: Omit<FilterSpec, "wasm">;
  /** Where its sources are; absent where there are none. */
  readonly folder?: string;
  /** Where the module is, as far as the file tells. */
  readonly module: string;
}

/** Without an environment it is what all of them share. `env` comes before what the file has. Throws `Failure`. */
export async function readDeliveryChain(
  path: string,
  environment: string | undefined,
  env: Readonly<Record<string, string>>,
): Promise<DeliveryChain> {
  const { delivery, file } = await readDelivery(path);
  const names = Object.keys(delivery.environments ?? {});
  if (environment !== undefined && !names.includes(environment))
    throw new Failure(`--environment: ${path}: expected one of ${names.join(", ") || "none"}, found ${environment}`);
  const from = dirname(path);
  const identities = await identitiesOf(delivery, from, file);
  const resolved = inPlaces(file, environment, () => resolveEnvironment(delivery, environment ?? null, identities));
  // Modules are those of this machine, which may not be built yet.
  const filters = resolved.filters.map((filter) => ({ ...filter, settings: { ...filter.settings, module: {} } }));
  const loaded = await loadEnvironment({ ...resolved, filters }, from, file);
  const delivered = loaded.filters.map((filter, i): DeliveredFilter => {
    const option = delivery.filters?.[filter.position.index]?.filter ?? "";
    const { inline, configMap } = resolved.filters[i]?.settings.module ?? {};
    const folder = /[/.]/.test(option) ? beside(from, option) : join(from, "filters", option);
    return {
      spec: specOf(filter, env),
      module: beside(from, inline ?? configMap ?? join("dist", `${filter.filter.filter}.wasm`)),
      ...(existsSync(join(folder, "assembly", "index.ts")) && { folder }),
    };
  });
  if (delivered.length === 0) throw new Failure(`${path}: expected filters, found none`);
  const layers = loaded.filters.flatMap(({ configurations }) => configurations);
  return {
    filters: delivered,
    files: [path, ...layers.flatMap((each) => ("file" in each ? [beside(from, each.file)] : []))],
  };
}

function specOf(
  { name, settings, metadata, configuration }: LoadedFilter,
  env: Readonly<Record<string, string>>,
): DeliveredFilter["spec"] {
  const { rootId, vmId, failurePolicy, allowOnHeadersStopIteration, hostEnv = [] } = settings;
  const ofHost = hostEnv.map(nameOfVariable).flatMap((variable) => {
    const value = process.env[variable];
    return value === undefined ? [] : [[variable, value] as const];
  });
  return {
    name,
    rootId: rootId ?? metadata?.rootId ?? name,
    environment: { ...Object.fromEntries(ofHost), ...settings.env, ...env },
    ...(configuration !== undefined && { configuration }),
    ...(vmId !== undefined && { vmId }),
    ...(failurePolicy !== undefined && { failurePolicy }),
    ...(allowOnHeadersStopIteration !== undefined && { allowOnHeadersStopIteration }),
  };
}

/** The same with the modules that are there: of a folder of sources, what `pwk build` has made of it. */
export async function readDeliveredModules(
  path: string,
  environment: string | undefined,
  env: Readonly<Record<string, string>>,
): Promise<readonly FilterSpec[]> {
  const { filters } = await readDeliveryChain(path, environment, env);
  for (const { module } of filters) await readModule(path, module);
  return filters.map(({ spec, module }) => ({ ...spec, wasm: module }));
}

function inPlaces<T>(file: YamlFile, environment: string | undefined, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw error instanceof InvalidPlan ? inFile(file, error, environment ?? null) : error;
  }
}
