/** The patches of an EnvoyFilter: what istiod and Envoy take without a word, or drop. */
import { RE2JS } from "@bufbuild/re2";
import { type ChainNames, connectionManager, router, unknownFilter } from "./chain.ts";
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { canonical, message } from "./envoy-api.ts";
import { checkMessage } from "./envoy-message.ts";
import { type Path, type Report, shown, under } from "./finding.ts";
import { type CheckOptions, newestIstioMinor } from "./options.ts";
import { type Plugin, pluginOfTypedConfig } from "./plugin.ts";
import { checkWasmConfig } from "./wasm-config.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What a patch is of: the message, and which part of `match` says where. */
const targets: Readonly<Record<string, { readonly message: string; readonly match: string }>> = {
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
};

/** A patch's value as Envoy's API prints it, whatever form it is written in; null when it is none of its kind. */
export function patchValueAsPrinted(applyTo: string, value: unknown): unknown {
  const target = targets[applyTo];
  try {
    return target === undefined ? null : canonical(message(target.message), value);
  } catch {
    return null;
  }
}

const insertions = ["INSERT_BEFORE", "INSERT_AFTER", "INSERT_FIRST", "ADD"];
const merges = ["MERGE", "MERGE_AND_REPLACE_LIST"];

/** What the patches of all manifests bring, as one needs another. */
export interface Patched {
  readonly clusters: ReadonlySet<string>;
  /** Names of extension configurations. */
  readonly configurations: ReadonlySet<string>;
  /** Names of filters that wait for one. */
  readonly discovered: ReadonlySet<string>;
  readonly filters: ReadonlySet<string>;
}

export function patchedBy(manifests: readonly Manifest[]): Patched {
  const [clusters, configurations, discovered, filters] = [
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
    new Set<string>(),
  ];
  for (const { applyTo, patch } of manifests.flatMap(({ value }) => patchesOf(value))) {
    const { value } = patch;
    if (!isRecord(value) || typeof value.name !== "string") continue;
    if (applyTo === "CLUSTER") clusters.add(value.name);
    if (applyTo === "EXTENSION_CONFIG") configurations.add(value.name);
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
  return patches.flatMap((patch) => checkPatch(patch, patched, report, options));
}

function checkPatch(
  { applyTo, match, patch, path }: ConfigPatch,
  patched: Patched,
  report: Report,
  options: CheckOptions,
): Plugin[] {
  const at = under(report, ...path);
  const target = targets[applyTo];
  if (applyTo === "undefined" || applyTo === "INVALID") at([], "expected applyTo, found none");
  if (target === undefined) return [];
  checkMatch(applyTo, target.match, match, at, options);
  const operation = patch.operation;
  if (operation === undefined || operation === "INVALID") at(["patch"], "expected operation, found none");
  if (operation === "MERGE_AND_REPLACE_LIST" && (options.istioMinor ?? newestIstioMinor) < 31)
    at(["patch", "operation"], `Istio has MERGE_AND_REPLACE_LIST from 1.31 on, and 1.${options.istioMinor} refuses it`);
  if (operation === "REMOVE") return [];
  if (!isRecord(patch.value)) {
    at(["patch"], "expected value, found none");
    return [];
  }
  const inValue = under(at, "patch", "value");
  const isPart = merges.includes(String(operation));
  // Istio's agent puts a file in the place of a module that it has fetched.
  const filled = applyTo === "EXTENSION_CONFIG" ? ["envoy.config.core.v3.RemoteDataSource.sha256"] : [];
  checkMessage(message(target.message), patch.value, inValue, { isPart, filled });
  const chain = {
    others: new Set([...patched.filters, ...(options.chainFilters ?? [])]),
    istioMinor: options.istioMinor ?? newestIstioMinor,
  };
  if (applyTo === "HTTP_FILTER") checkHttpFilter(match, patch, at, chain);
  if (applyTo === "NETWORK_FILTER") checkNetworkFilter(match, patch, at, chain);
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
    if (discovery === undefined && !isPart) report([], "expected typed_config, found none: Envoy refuses the listener");
    if (discovery !== undefined && typeof name === "string" && !patched.configurations.has(name))
      at(
        ["patch", "value", "name"],
        `no EXTENSION_CONFIG patch is named ${shown(name)}, so the filter waits for its configuration for ever, and the listener with it`,
      );
    return [];
  }
  checkWasmConfig(config, [key], applyTo === "EXTENSION_CONFIG" ? "agent" : "envoy", patched.clusters, report, options);
  const plugin = pluginOfTypedConfig(config, String(name), [key], report);
  return plugin === null ? [] : [plugin];
}

function checkMatch(
  applyTo: string,
  wanted: string,
  match: Fields,
  at: Report,
  { istioMinor = newestIstioMinor }: CheckOptions,
): void {
  for (const key of ["listener", "routeConfiguration", "cluster"])
    if (match[key] !== undefined && key !== wanted)
      at(["match", key], `expected ${wanted === "" ? "no such match" : wanted} for ${applyTo}, found ${key}`);
  const { proxyVersion } = recordOf(match.proxy);
  if (typeof proxyVersion === "string") {
    const problem = versionProblem(proxyVersion, istioMinor);
    if (problem !== null) at(["match", "proxy", "proxyVersion"], problem);
  }
  const { portNumber } = recordOf(match[wanted]);
  if (portNumber === 0 || (typeof portNumber === "number" && portNumber > 65535))
    at(["match", wanted, "portNumber"], `expected a port from 1 to 65535, found ${shown(portNumber)}`);
}

function versionProblem(pattern: string, istioMinor: number): string | null {
  if (pattern.length > 1024)
    return "expected a regular expression of at most 1024 characters: a longer one matches no proxy";
  let expression: RE2JS;
  try {
    expression = RE2JS.compile(pattern);
  } catch {
    return `expected a regular expression as RE2 has them, found ${shown(pattern)}: it matches no proxy`;
  }
  const versions = [0, 1, 2, 3, 4, 5, 10].map((patch) => `1.${istioMinor}.${patch}`);
  const isMatched = [...versions, `1.${istioMinor}-alpha.0`, `1.${istioMinor}-dev`].some((version) =>
    expression.test(version),
  );
  return isMatched ? null : `matches no proxy of Istio 1.${istioMinor}, found ${shown(pattern)}`;
}

function checkHttpFilter(match: Fields, patch: Fields, at: Report, chain: ChainNames): void {
  const { filterChain } = recordOf(match.listener);
  const { name, subFilter } = recordOf(recordOf(filterChain).filter);
  const place: Path = ["match", "listener", "filterChain", "filter"];
  if (typeof name === "string" && name !== connectionManager)
    at(
      [...place, "name"],
      `expected ${connectionManager}, where HTTP filters are, found ${shown(name)}: the patch is dropped without a word`,
    );
  if (isRecord(subFilter) && typeof name !== "string")
    at(
      [...place],
      `expected name: ${connectionManager} beside subFilter, found none: the patch is dropped without a word`,
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
  if (neighbour === undefined && ["MERGE", "REPLACE", "REMOVE"].includes(String(operation)))
    at(["match"], `expected the subFilter to ${String(operation).toLowerCase()}, found none`);
  const type = String(recordOf(recordOf(value).typed_config)["@type"]);
  if (insertions.includes(String(operation)) && type.endsWith(".filters.http.router.v3.Router"))
    at(
      ["patch", "value"],
      "the router is the last filter of a chain and stands there already: Envoy refuses the listener",
    );
  if (type.includes(".filters.network."))
    at(
      ["patch", "value", "typed_config", "@type"],
      `expected an HTTP filter, found a network filter: use applyTo NETWORK_FILTER`,
    );
}

function checkNetworkFilter(match: Fields, patch: Fields, at: Report, chain: ChainNames): void {
  const { filterChain } = recordOf(match.listener);
  const { name, subFilter } = recordOf(recordOf(filterChain).filter);
  if (typeof name === "string") {
    const problem = unknownFilter(name, "network", chain);
    if (problem !== null) at(["match", "listener", "filterChain", "filter", "name"], problem);
  }
  if (subFilter !== undefined)
    at(["match", "listener", "filterChain", "filter", "subFilter"], "is for applyTo HTTP_FILTER, and ignored here");
  const type = String(recordOf(recordOf(patch.value).typed_config)["@type"]);
  if (type.includes(".filters.http."))
    at(
      ["patch", "value", "typed_config", "@type"],
      "expected a network filter, found an HTTP filter: use applyTo HTTP_FILTER",
    );
}

function checkExtensionConfig({ operation, value }: Fields, { discovered }: Patched, at: Report): void {
  if (operation !== "ADD")
    at(
      ["patch", "operation"],
      `expected ADD, as no other has an effect on EXTENSION_CONFIG, found ${shown(operation)}`,
    );
  const { name } = recordOf(value);
  if (typeof name === "string" && !discovered.has(name))
    at(
      ["patch", "value", "name"],
      `no HTTP_FILTER patch with config_discovery is named ${shown(name)}, so nothing uses this configuration`,
    );
}
