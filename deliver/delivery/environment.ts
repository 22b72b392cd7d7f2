/** One environment of a `pwk.yaml`: everything that it has, with what is shared and what is its own laid together. */
import { InvalidPlan } from "../problems.ts";
import { within } from "./entry-problems.ts";
import type {
  ConfigurationSettings,
  DeliveryFile,
  EnvironmentSettings,
  FilterEntry,
  FilterSettings,
  MirrorSettings,
  PlaceSettings,
  StatsLoggerSettings,
  TelemetrySettings,
} from "./file.ts";
import { mergeSettings } from "./merge.ts";

/** An entry as it is in the environment. `at` is where the file has it: shared first, then the environment's own. */
export interface Entry<Settings> {
  readonly name: string;
  readonly settings: Settings;
  readonly at: readonly string[];
}

export interface ResolvedFilter extends Entry<FilterSettings> {
  readonly filter: FilterIdentity;
  /** Among all filters of the file, enabled or not: it decides the order in every environment alike. */
  readonly position: { readonly index: number; readonly count: number };
  /** Laid over each other in this order. */
  readonly configurations: readonly ConfigurationLayer[];
}

export type ConfigurationLayer = { readonly file: string } | { readonly value: unknown };

export interface FilterIdentity {
  /** Of the entry, which is that of the resource. */
  readonly name: string;
  /** Of the filter itself: what `{filter}` stands for. */
  readonly filter: string;
}

export interface ResolvedEnvironment {
  readonly name: string;
  readonly environment: string | null;
  readonly filters: readonly ResolvedFilter[];
  readonly mirrors: readonly Entry<MirrorSettings>[];
  readonly telemetry: readonly Entry<TelemetrySettings>[];
  readonly statsLoggers: readonly Entry<StatsLoggerSettings>[];
}

/** `identities` are those of the file's filters, in its order. Throws `InvalidPlan`. */
export function resolveEnvironment(
  file: DeliveryFile,
  environment: string | null,
  identities: readonly FilterIdentity[],
): ResolvedEnvironment {
  const names = identities.map(({ name }) => name);
  const own = environment === null ? {} : (file.environments?.[environment] ?? {});
  const ownAt = environment === null ? null : `/environments/${environment}`;
  checkNames(file, names);
  const places = [placeOf(file.defaults), placeOf(own.defaults)];
  const others = <S extends PlaceSettings>(kind: "mirrors" | "telemetry" | "statsLoggers", layers: readonly S[]) =>
    ((file[kind] ?? []) as readonly (S & { readonly name: string })[]).flatMap(({ name, ...shared }, i) => {
      const settings = mergeSettings<S>(...layers, shared as unknown as S, own[kind]?.[name] as S | undefined);
      return isEnabled(settings) ? [{ name, settings, at: layersAt(`/${kind}/${i}`, ownAt, `${kind}/${name}`) }] : [];
    });
  return {
    name: file.name,
    environment,
    filters: (file.filters ?? []).flatMap((entry, index) => {
      const filter = identities[index] ?? { name: entry.filter, filter: entry.filter };
      const { name } = filter;
      const { settings, configurations } = filterIn(file, own, entry, name);
      if (!isEnabled(settings)) return [];
      checkDigest(file, entry, settings, `/filters/${index}`, ownAt, name);
      const at = layersAt(`/filters/${index}`, ownAt, `filters/${name}`);
      const filled = within(at, () => withNames(settings, filter.filter));
      return [{ name, filter, position: { index, count: names.length }, at, settings: filled, configurations }];
    }),
    mirrors: others<MirrorSettings>("mirrors", places),
    telemetry: others<TelemetrySettings>("telemetry", places),
    statsLoggers: others<StatsLoggerSettings>("statsLoggers", [
      ...[file.defaults, own.defaults].map((each) => ({ ...placeOf(each), ...listenerOf(each) })),
    ]),
  };
}

function filterIn(file: DeliveryFile, own: EnvironmentSettings, entry: FilterEntry, name: string) {
  const { filter: _filter, name: _name, configuration, configurationFile, ...shared } = entry;
  const { configuration: ownValue, configurationFile: ownFile, ...rest } = own.filters?.[name] ?? {};
  return {
    settings: mergeSettings<FilterSettings>(file.defaults, own.defaults, shared, rest),
    configurations: [
      ...layersOf({ configuration, ...(configurationFile !== undefined && { configurationFile }) }),
      ...layersOf({ configuration: ownValue, ...(ownFile !== undefined && { configurationFile: ownFile }) }),
    ],
  };
}

const layersOf = ({ configuration, configurationFile }: ConfigurationSettings): ConfigurationLayer[] => [
  ...(configurationFile === undefined ? [] : [{ file: configurationFile }]),
  ...(configuration === undefined ? [] : [{ value: configuration }]),
];

/** Modules are often called like their filters. */
function withNames(settings: FilterSettings, filter: string): FilterSettings {
  const { version, module } = settings;
  if (module === undefined) return settings;
  const filled = Object.entries(module).map(([key, value]: [string, string]) => {
    if (value.includes("{version}") && version === undefined)
      throw new InvalidPlan([`/source/${key}: expected a version, as {version} stands here, found none`]);
    return [key, value.replaceAll("{filter}", filter).replaceAll("{version}", version ?? "")];
  });
  return { ...settings, module: Object.fromEntries(filled) };
}

const isEnabled = ({ enabled = true }: PlaceSettings) => enabled;

const placeOf = ({ namespace, selector }: FilterSettings = {}): PlaceSettings => ({
  ...(namespace !== undefined && { namespace }),
  ...(selector !== undefined && { selector }),
});

const listenerOf = ({ context, port, proxyVersion }: FilterSettings = {}) => ({
  ...(context !== undefined && { context }),
  ...(port !== undefined && { port }),
  ...(proxyVersion !== undefined && { proxyVersion }),
});

/** Nearest last. */
const layersAt = (shared: string, own: string | null, path: string): readonly string[] => [
  "/defaults",
  ...(own === null ? [] : [`${own}/defaults`]),
  shared,
  ...(own === null ? [] : [`${own}/${path}`]),
];

/** An environment's settings are found by name: one that nothing has would change nothing. */
function checkNames(file: DeliveryFile, filters: readonly string[]): void {
  const names = {
    filters,
    mirrors: (file.mirrors ?? []).map(({ name }) => name),
    telemetry: (file.telemetry ?? []).map(({ name }) => name),
    statsLoggers: (file.statsLoggers ?? []).map(({ name }) => name),
  };
  const problems: string[] = [];
  for (const [kind, all] of Object.entries(names)) {
    for (const [i, name] of all.entries()) {
      if (all.indexOf(name) !== i) problems.push(`/${kind}/${i}: expected another name, found a second ${name}`);
    }
    for (const [environment, own] of Object.entries(file.environments ?? {})) {
      for (const name of Object.keys(own[kind as keyof typeof names] ?? {})) {
        if (all.includes(name)) continue;
        const expected = all.length === 0 ? `none, as the file has no ${kind}` : `one of ${all.join(", ")}`;
        problems.push(`/environments/${environment}/${kind}/${name}: expected ${expected}, found ${name}`);
      }
    }
  }
  if (problems.length > 0) throw new InvalidPlan(problems);
}

/** A digest is of one version; the proxy would refuse every other one. */
function checkDigest(
  file: DeliveryFile,
  { filter: _filter, name: _name, configuration: _value, configurationFile: _file, ...entry }: FilterEntry,
  { version, module = {} }: FilterSettings,
  at: string,
  ownAt: string | null,
  name: string,
): void {
  if (ownAt === null || module.sha256 === undefined) return;
  const shared = mergeSettings<FilterSettings>(file.defaults, entry);
  const isSame = shared.version === version && shared.module?.url === module.url;
  if (isSame || shared.module?.sha256 !== module.sha256) return;
  throw new InvalidPlan([
    `${ownAt}/filters/${name}/module/sha256: expected the digest of this environment's own version, or null, ` +
      `found none, and that of ${at} is of another`,
  ]);
}
