/** Reads what a `pwk.yaml` names; paths are relative to its folder. */
import {
  type DeliveryFile,
  type FilterIdentity,
  type LoadedFilter,
  mergePatch,
  type ResolvedEnvironment,
  type ResolvedFilter,
} from "@proxy-wasm-kit/deliver";
import { readYaml, type YamlFile } from "../configuration.ts";
import { Failure } from "../failure.ts";
import { readFilter, readModule, readyFilterNames } from "../filter.ts";
import { beside } from "../input.ts";
import { placeOf } from "./places.ts";

/** The names of the file's filters, in its order. */
export async function identitiesOf(
  { filters = [] }: DeliveryFile,
  folder: string,
  file: YamlFile,
): Promise<readonly FilterIdentity[]> {
  const identities: FilterIdentity[] = [];
  for (const [i, entry] of filters.entries()) {
    const { name, filter } = await readFilter(entry.filter, folder);
    if (filter === undefined && entry.rootId === undefined) {
      const ready = (await readyFilterNames()).join(", ");
      const at = `/filters/${i}/filter`;
      throw new Failure(
        `${placeOf(file, [at])}: ${at}: expected one of ${ready}, or a folder with filter.yaml such as ./my-filter, ` +
          `found ${JSON.stringify(entry.filter)}; for a module without filter.yaml give its rootId`,
      );
    }
    identities.push({ name: entry.name ?? name, filter: filter?.name ?? name });
  }
  return identities;
}

export async function loadEnvironment(resolved: ResolvedEnvironment, folder: string, file: YamlFile) {
  const filters: LoadedFilter[] = [];
  for (const filter of resolved.filters) filters.push(await loadFilter(filter, folder, file));
  return { ...resolved, filters };
}

async function loadFilter(filter: ResolvedFilter, folder: string, file: YamlFile): Promise<LoadedFilter> {
  const index = filter.position.index;
  const { filter: option = "" } = (file.value as DeliveryFile).filters?.[index] ?? {};
  const { filter: metadata } = await readFilter(option, folder);
  const { module: where = {} } = filter.settings;
  const key = where.inline === undefined ? "configMap" : "inline";
  const path = where[key];
  const module =
    path === undefined
      ? undefined
      : await told(file, filter.at, `/module/${key}`, (at) => readModule(at, beside(folder, path)));
  const configuration = await configurationOf(filter, folder, file);
  return {
    ...filter,
    ...(metadata !== undefined && { metadata }),
    ...(module !== undefined && { module }),
    ...(configuration !== undefined && { configuration }),
  };
}

async function configurationOf({ configurations, at }: ResolvedFilter, folder: string, file: YamlFile) {
  let value: unknown;
  for (const [i, layer] of configurations.entries()) {
    const next =
      "value" in layer
        ? layer.value
        : await told(file, at, "/configurationFile", (where) => readYaml(where, beside(folder, layer.file)));
    // The first may have nulls of its own.
    value = i === 0 ? next : mergePatch(value, next);
  }
  return value;
}

/** With the place of the setting in front of what is wrong with the file it names. */
const told = <T>(
  file: YamlFile,
  at: readonly string[],
  path: string,
  read: (where: string) => Promise<T>,
): Promise<T> => {
  const paths = at.toReversed().map((layer) => `${layer}${path}`);
  return read(`${placeOf(file, paths)}: ${path}`);
};
