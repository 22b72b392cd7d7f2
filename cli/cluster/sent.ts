/** What of an object istiod sends to a proxy. Source: istio pilot/pkg/networking/core/envoyfilter, extension/wasmplugin.go. */
import { patchValueAsPrinted } from "@proxy-wasm-kit/check";
import { contains, isEqual, isRecord } from "./difference.ts";
import type { SentConfig } from "./istiod.ts";
import type { LiveObject } from "./objects.ts";

type Fields = Readonly<Record<string, unknown>>;

/** "other": something of its name, but not as the object has it. */
export type Found = "same" | "other" | "none";

/** Something that must be in the proxy's configuration. */
export interface Piece {
  /** Types of resources that it comes in: the proxy must have acknowledged these. */
  readonly types: readonly string[];
  readonly find: (configs: SentConfig["configs"]) => Found;
}

/** Pieces for a proxy of this type; none: the object is not for it. Null: what it does cannot be seen there. */
export function piecesOf(live: LiveObject, proxyType: string): readonly Piece[] | null {
  const spec = isRecord(live.spec) ? live.spec : {};
  if (live.kind === "EnvoyFilter") return patchPieces(spec, proxyType);
  if (live.kind === "WasmPlugin") return pluginPieces(live, spec);
  if (live.kind === "TrafficExtension") return pluginPieces(live, isRecord(spec.wasm) ? spec.wasm : null);
  return null;
}

const listener = ["Listener"];
const routes = ["RouteConfiguration", "Listener"];
const typesOf: Readonly<Record<string, readonly string[]>> = {
  ...{ LISTENER: listener, LISTENER_FILTER: listener, FILTER_CHAIN: listener },
  ...{ NETWORK_FILTER: listener, HTTP_FILTER: listener, EXTENSION_CONFIG: ["TypedExtensionConfig"] },
  ...{ ROUTE_CONFIGURATION: routes, VIRTUAL_HOST: routes, HTTP_ROUTE: routes, CLUSTER: ["Cluster"] },
};

const contexts: Readonly<Record<string, string>> = {
  SIDECAR_INBOUND: "sidecar",
  SIDECAR_OUTBOUND: "sidecar",
  GATEWAY: "router",
  WAYPOINT: "waypoint",
};

function patchPieces(spec: Fields, proxyType: string): readonly Piece[] | null {
  const patches = (Array.isArray(spec.configPatches) ? spec.configPatches : []).filter(isRecord);
  const pieces = patches.map((each) => ({ context: contextOf(each), piece: patchPiece(each) }));
  if (pieces.every(({ piece }) => piece === null)) return null;
  return pieces.flatMap(({ context, piece }) =>
    piece === null || (contexts[context] ?? proxyType) !== proxyType ? [] : [piece],
  );
}

const contextOf = ({ match }: Fields) => (isRecord(match) ? String(match.context ?? "ANY") : "ANY");

/** Null: what is taken away, or needs a new start of the proxy, is not seen. */
function patchPiece({ applyTo, patch }: Fields): Piece | null {
  const { operation, value } = isRecord(patch) ? patch : {};
  const types = typesOf[String(applyTo)];
  if (types === undefined || operation === "REMOVE" || !isRecord(value)) return null;
  const printed = patchValueAsPrinted(String(applyTo), value);
  // A type that we do not know: by its name alone.
  const wanted = isRecord(printed) ? printed : value;
  const { name } = wanted;
  const isFilter = applyTo === "HTTP_FILTER" || applyTo === "NETWORK_FILTER";
  const isMerge = String(operation).startsWith("MERGE");
  if (!isRecord(printed)) return { types, find: search((node) => (node.name === name ? "same" : "none")) };
  // Istiod's dump has these without their names.
  if (applyTo === "EXTENSION_CONFIG")
    return { types, find: search((node) => (contains(node, wanted.typedConfig) ? "same" : "none")) };
  if (!isFilter || isMerge) return { types, find: search((node) => (contains(node, wanted) ? "same" : "none")) };
  const judge = (node: Fields): Found =>
    node.name !== name || !("typedConfig" in node || "configDiscovery" in node)
      ? "none"
      : isEqual(node, wanted)
        ? "same"
        : "other";
  return { types, find: search(judge) };
}

/** What istiod gives to each version of a plugin, so that the proxy sees that it is another. */
const versionVariable = "ISTIO_META_WASM_PLUGIN_RESOURCE_VERSION";

/** From 1.30 on istiod makes a TrafficExtension of a WasmPlugin. */
function pluginNames({ metadata }: LiveObject): readonly string[] {
  const base = `${metadata.namespace}.${metadata.name}`;
  return [base, `${base}~istio-translated-wasmplugin`];
}

/** Those that the filter of a WasmPlugin or TrafficExtension may have. */
export const filterNames = (live: LiveObject): readonly string[] =>
  pluginNames(live).flatMap((name) =>
    ["wasmplugin", "trafficextension"].map((kind) => `extensions.istio.io/${kind}/${name}`),
  );

function pluginPieces(live: LiveObject, wasm: Fields | null): readonly Piece[] {
  const [names, filters] = [pluginNames(live), filterNames(live)];
  const inListener: Piece = {
    types: listener,
    find: search(({ name }) => (filters.includes(String(name)) ? "same" : "none")),
  };
  if (wasm === null) return [inListener];
  const judge = (node: Fields): Found => {
    if (!names.includes(String(node.name)) || !isRecord(node.vmConfig)) return "none";
    return isVersion(node, live.metadata.resourceVersion) || isConfigured(node, wasm) ? "same" : "other";
  };
  return [inListener, { types: ["TypedExtensionConfig"], find: search(judge) }];
}

const vmVariables = ({ vmConfig }: Fields): Fields => {
  const variables = isRecord(vmConfig) ? vmConfig.environmentVariables : undefined;
  return isRecord(variables) && isRecord(variables.keyValues) ? variables.keyValues : {};
};

const isVersion = (node: Fields, version: string | undefined) =>
  version !== undefined && vmVariables(node)[versionVariable] === version;

/** A change of labels alone is another version, which istiod does not send. */
function isConfigured(node: Fields, { pluginConfig, url, sha256 }: Fields): boolean {
  const { value } = isRecord(node.configuration) ? node.configuration : {};
  const code = JSON.stringify((node.vmConfig as Fields).code ?? {});
  const place = String(url).replace(/^file:\/\//, "");
  return (
    isEqual(parsed(value), pluginConfig) &&
    code.includes(JSON.stringify(place)) &&
    (typeof sha256 !== "string" || code.includes(sha256))
  );
}

function parsed(value: unknown): unknown {
  try {
    return typeof value === "string" ? JSON.parse(value) : undefined;
  } catch {
    return value;
  }
}

/** The best that is found in any node of the dump. */
const search =
  (judge: (node: Fields) => Found) =>
  (configs: SentConfig["configs"]): Found => {
    let best: Found = "none";
    const visit = (node: unknown): boolean => {
      if (Array.isArray(node)) return node.some(visit);
      if (!isRecord(node)) return false;
      const found = judge(node);
      if (found !== "none") best = found;
      return found === "same" || Object.values(node).some(visit);
    };
    visit(configs);
    return best;
  };
