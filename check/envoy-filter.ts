/** The patches of an EnvoyFilter: what istiod and Envoy take without a word, or drop. */
import { type ChainNames, connectionManager, router, terminalFilters, unknownFilter } from "./chain.ts";
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { canonical, message } from "./envoy-api.ts";
import { checkMessage } from "./envoy-message.ts";
import { type Path, type Report, shown, under } from "./finding.ts";
import { type CheckOptions, newestIstioMinor } from "./options.ts";
import { checkMatchedNames, checkOperation, matchedFilter } from "./patch-operations.ts";
import { field, type Plugin, pluginOfTypedConfig, typeOfConfig } from "./plugin.ts";
import { checkProxyVersions } from "./proxy-version.ts";
import { checkWasmConfig } from "./wasm-config.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a patch is of: the message, and which part of `match` says where. */
const targets: ReadonlyMap<string, { readonly message: string; readonly match: string }> = new Map(
  Object.entries({
    LISTENER: { message: "envoy.config.listener.v3.Listener", match: "listener" },
    LISTENER_FILTER: { message: "envoy.config.listener.v3.ListenerFilter", match: "listener" },
    FILTER_CHAIN: { message: "envoy.config.listener.v3.FilterChain", match: "listener" },
    NETWORK_FILTER: { message: "envoy.config.listener.v3.Filter", match: "listener" },
    HTTP_FILTER: {
      message: "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter",
      match: "listener",
    },
    ROUTE_CONFIGURATION: { message: "envoy.config.route.v3.RouteConfiguration", match: "routeConfiguration" },
    VIRTUAL_HOST: { message: "envoy.config.route.v3.VirtualHost", match: "routeConfiguration" },
    HTTP_ROUTE: { message: "envoy.config.route.v3.Route", match: "routeConfiguration" },
    CLUSTER: { message: "envoy.config.cluster.v3.Cluster", match: "cluster" },
    EXTENSION_CONFIG: { message: "envoy.config.core.v3.TypedExtensionConfig", match: "" },
    BOOTSTRAP: { message: "envoy.config.bootstrap.v3.Bootstrap", match: "" },
  }),
);

/** A patch's value as Envoy's API prints it, whatever form it is written in; null when it is none of its kind. */
export function patchValueAsPrinted(applyTo: string, value: unknown): unknown {
  const target = targets.get(applyTo);
  try {
    return target === undefined ? null : canonical(message(target.message), value);
  } catch {
    return null;
  }
}

/** What Istio's agent puts a file in the place of. */
const filledByAgent = [
  "envoy.config.core.v3.RemoteDataSource.sha256",
  "envoy.config.core.v3.HttpUri.timeout",
  "envoy.config.core.v3.HttpUri.http_upstream_type",
];
const insertions = ["INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "ADD"];
const merges = ["MERGE", "MERGE_AND_REPLACE_LIST"];

/** What the patches of all manifests bring, as one needs another. */
export interface Patched {
  readonly clusters: ReadonlySet<string>;
  /** Types of extension configurations by their names. */
  readonly configurations: ReadonlyMap<string, string>;
  /** Names of filters that wait for one. */
  readonly discovered: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
}

export function patchedBy(manifests: readonly Manifest[]): Patched {
  const [clusters, discovered, filters] = [new Set<string>(), new Set<string>(), new Set<string>()];
  const configurations = new Map<string, string>();
  for (const { applyTo, patch } of manifests.flatMap(({ value }) => patchesOf(value))) {
    const { value } = patch;
    if (!isRecord(value) || typeof value.name !== "string") continue;
    if (applyTo === "CLUSTER") clusters.add(value.name);
    if (applyTo === "EXTENSION_CONFIG")
      configurations.set(value.name, typeOfConfig(value.typed_config ?? value.typedConfig));
    if (applyTo === "HTTP_FILTER" && (value.config_discovery ?? value.configDiscovery) !== undefined)
      discovered.add(value.name);
    if (applyTo === "HTTP_FILTER" || applyTo === "NETWORK_FILTER") filters.add(value.name);
  }
  return { clusters, configurations, discovered, filters };
}

interface ConfigPatch {
  readonly applyTo: string;
  readonly match: Fields;
  readonly patch: Fields;
  readonly path: Path;
}

const patchesOf = (value: Fields): ConfigPatch[] =>
  listOf(recordOf(value.spec).configPatches).map((each, i) => {
    const { applyTo, match, patch } = recordOf(each);
    return {
      applyTo: String(applyTo),
      match: recordOf(match),
      patch: recordOf(patch),
      path: ["spec", "configPatches", i],
    };
  });

/** Reports, and returns the plugins that the patches deliver. */
export function checkEnvoyFilter(manifest: Manifest, patched: Patched, options: CheckOptions): Plugin[] {
  const { value, report } = manifest;
  const spec = recordOf(value.spec);
  const patches = patchesOf(value);
  if (patches.length === 0) report(["spec"], "expected configPatches, found none: the object does nothing");
  if (spec.targetRefs !== undefined)
    for (const { match, path } of patches)
      if (!["GATEWAY", "WAYPOINT"].includes(String(match.context)))
        report(
          [...path, "match", "context"],
          `expected GATEWAY or WAYPOINT beside targetRefs, found ${shown(match.context)}: the filter would be nowhere`,
        );
  checkProxyVersions(patches, options.istioMinor ?? newestIstioMinor, report);
  return patches.flatMap((patch) => checkPatch(patch, patched, report, options));
}

function checkPatch(
  { applyTo, match, patch, path }: ConfigPatch,
  patched: Patched,
  report: Report,
  options: CheckOptions,
): Plugin[] {
  const at = under(report, ...path);
  const target = targets.get(applyTo);
  if (applyTo === "undefined" || applyTo === "INVALID") at([], "expected applyTo, found none");
  if (target === undefined) return [];
  checkMatch(applyTo, target.match, match, at);
  checkMatchedNames(applyTo, match, at);
  const operation = patch.operation;
  if (operation === undefined || operation === "INVALID") at(["patch"], "expected operation, found none");
  if (operation === "MERGE_AND_REPLACE_LIST" && (options.istioMinor ?? newestIstioMinor) < 31)
    at(["patch", "operation"], `Istio has MERGE_AND_REPLACE_LIST from 1.31 on, and 1.${options.istioMinor} refuses it`);
  checkOperation(applyTo, match, patch, at);
  const chain = {
    others: new Set([...patched.filters, ...(options.chainFilters ?? [])]),
    istioMinor: options.istioMinor ?? newestIstioMinor,
  };
  if (applyTo === "HTTP_FILTER") checkHttpFilter(match, patch, at, chain);
  if (applyTo === "NETWORK_FILTER") checkNetworkFilter(match, patch, at, chain);
  if (operation === "REMOVE") return [];
  if (!isRecord(patch.value)) {
    at(["patch"], "expected value, found none");
    return [];
  }
  const inValue = under(at, "patch", "value");
  const isPart = merges.includes(String(operation));
  // Istio's agent puts a file in the place of a module that it has fetched.
  const filled = applyTo === "EXTENSION_CONFIG" ? filledByAgent : [];
  checkMessage(message(target.message), patch.value, inValue, { isPart, filled });
  if (applyTo === "EXTENSION_CONFIG") checkExtensionConfig(patch, patched, at);
  return filterPlugins(applyTo, patch.value, isPart, patched, inValue, at, options);
}

function filterPlugins(
  applyTo: string,
  value: Fields,
  isPart: boolean,
  patched: Patched,
  report: Report,
  at: Report,
  options: CheckOptions,
): Plugin[] {
  if (!["HTTP_FILTER", "NETWORK_FILTER", "EXTENSION_CONFIG"].includes(applyTo)) return [];
  const { name, typed_config, typedConfig, config_discovery, configDiscovery } = value;
  const key = typedConfig === undefined ? "typed_config" : "typedConfig";
  const config = typed_config ?? typedConfig;
  if (config === undefined) {
    const discovery = config_discovery ?? configDiscovery;
    if (typeof name === "string") checkDiscoveredType(discovery, patched.configurations.get(name), report);
    if (discovery === undefined && !isPart) report([], "expected typed_config, found none: Envoy refuses the listener");
    if (discovery !== undefined && typeof name === "string" && !patched.configurations.has(name))
      at(
        ["patch", "value", "name"],
        `no EXTENSION_CONFIG patch is named ${shown(name)}, so the filter waits for its configuration for ever, and the listener with it; when another manifest brings it, check them together`,
      );
    return [];
  }
  if (isPart) return [];
  checkWasmConfig(config, [key], applyTo === "EXTENSION_CONFIG" ? "agent" : "envoy", patched.clusters, report, options);
  const plugin = pluginOfTypedConfig(config, String(name), [key], report);
  return plugin === null ? [] : [plugin];
}

/** Envoy takes a configuration only of the types that the filter names. */
function checkDiscoveredType(discovery: unknown, type: string | undefined, report: Report): void {
  const urls = field(recordOf(discovery), "type_urls");
  if (!type || !Array.isArray(urls) || urls.includes(type)) return;
  report(
    ["config_discovery", "type_urls"],
    `expected ${shown(type)}, the type of the EXTENSION_CONFIG patch of this name, found ${urls.map(shown).join(", ") || "none"}: Envoy refuses it`,
  );
}

function checkMatch(applyTo: string, wanted: string, match: Fields, at: Report): void {
  for (const key of ["listener", "routeConfiguration", "cluster"])
    if (match[key] !== undefined && key !== wanted)
      at(["match", key], `expected ${wanted === "" ? "no such match" : wanted} for ${applyTo}, found ${key}`);
  const { portNumber } = recordOf(match[wanted]);
  if (portNumber === 0 || (typeof portNumber === "number" && portNumber > 65535))
    at(["match", wanted, "portNumber"], `expected a port from 1 to 65535, found ${shown(portNumber)}`);
}

/** The key of a filter's configuration, and the type that Envoy sees. */
function typedConfigOf(filter: unknown): readonly [key: string, type: string] {
  const { typed_config, typedConfig } = recordOf(filter);
  const key = typedConfig === undefined ? "typed_config" : "typedConfig";
  return [key, typeOfConfig(typed_config ?? typedConfig)];
}

function checkHttpFilter(match: Fields, patch: Fields, at: Report, chain: ChainNames): void {
  const { filter, path: place } = matchedFilter(match);
  const { name, subFilter } = recordOf(filter);
  if (typeof name === "string" && name !== connectionManager)
    at(
      [...place, "name"],
      `expected ${connectionManager}, where HTTP filters are, found ${shown(name)}: the patch is dropped without a word`,
    );
  const { name: neighbour } = recordOf(subFilter);
  if (typeof neighbour === "string") {
    const problem = unknownFilter(neighbour, "http", chain);
    if (problem !== null) at([...place, "subFilter", "name"], problem);
  }
  const { operation, value } = patch;
  const isLast =
    (operation === "INSERT_AFTER" && (neighbour === undefined || neighbour === router)) || operation === "ADD";
  if (isLast)
    at(
      ["patch", "operation"],
      `expected INSERT_BEFORE or INSERT_FIRST, found ${shown(operation)}, which puts the filter behind the router, and Envoy refuses the listener`,
    );
  const [key, type] = typedConfigOf(value);
  if (insertions.includes(String(operation)) && type.endsWith(".filters.http.router.v3.Router"))
    at(
      ["patch", "value"],
      "the router is the last filter of a chain and stands there already: Envoy refuses the listener",
    );
  if (type.includes(".filters.network."))
    at(["patch", "value", key, "@type"], `expected an HTTP filter, found a network filter: use applyTo NETWORK_FILTER`);
}

function checkNetworkFilter(match: Fields, patch: Fields, at: Report, chain: ChainNames): void {
  const { filter, path: place } = matchedFilter(match);
  const { name, subFilter } = recordOf(filter);
  if (typeof name === "string") {
    const problem = unknownFilter(name, "network", chain);
    if (problem !== null) at([...place, "name"], problem);
  }
  if (subFilter !== undefined) at([...place, "subFilter"], "is for applyTo HTTP_FILTER, and ignored here");
  const [key, type] = typedConfigOf(patch.value);
  const isBehind =
    patch.operation === "ADD" ||
    (patch.operation === "INSERT_AFTER" && (typeof name !== "string" || terminalFilters.includes(name)));
  if (isBehind)
    at(
      ["patch", "operation"],
      `expected INSERT_BEFORE or INSERT_FIRST, found ${shown(patch.operation)}, which puts the filter behind the last of the chain, and Envoy refuses the listener`,
    );
  if (type.includes(".filters.http."))
    at(["patch", "value", key, "@type"], "expected a network filter, found an HTTP filter: use applyTo HTTP_FILTER");
}

function checkExtensionConfig({ value }: Fields, { discovered }: Patched, at: Report): void {
  const { name } = recordOf(value);
  if (typeof name === "string" && !discovered.has(name))
    at(
      ["patch", "value", "name"],
      `no HTTP_FILTER patch with config_discovery is named ${shown(name)}, so nothing uses this configuration; when another manifest does, check them together`,
    );
}
