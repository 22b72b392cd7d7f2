/** What manifests put into chains, and where, for whoever tries them on an istiod of this machine. */
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { checkTrafficExtension, checkWasmPlugin } from "./extensions.ts";
import type { CheckOptions, Workload } from "./options.ts";
import { type Plugin, pluginOfTypedConfig, withCode } from "./plugin.ts";
import { hostVariables, moduleOf } from "./plugin-check.ts";
import { looksLikeGateway, readWorkloads, selected } from "./workloads.ts";

type Fields = Readonly<Record<string, unknown>>;

/** An object of Istio that delivers filters. */
export interface Delivery {
  readonly manifest: Manifest;
  /** The same with every module in a file of this machine. */
  readonly localValue: Fields;
  /** Names of plugins whose module is not at hand. */
  readonly missing: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined: every workload. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** Gateways of the Gateway API, services for waypoints. */
  readonly targets: readonly { readonly kind: string; readonly name: string }[];
  /** The workloads that are known to be meant; empty when none is known. */
  readonly workloads: readonly Workload[];
  readonly filters: readonly DeliveredFilter[];
}

/** A filter of HTTP, where it should be found. */
export interface DeliveredFilter {
  /** In the chain. */
  readonly name: string;
  readonly side: "inbound" | "outbound" | "gateway";
  /** Null: every port. */
  readonly port: number | null;
  /** Of the place that says so. */
  readonly path: readonly (string | number)[];
}

/** `fileOf` puts a module into a file and says its path. */
export async function deliveriesOf(
  manifests: readonly Manifest[],
  options: CheckOptions,
  fileOf: (name: string, bytes: Uint8Array) => Promise<string>,
): Promise<Delivery[]> {
  const workloads = [...readWorkloads(manifests), ...(options.workloads ?? [])];
  const deliveries: Delivery[] = [];
  for (const manifest of manifests) {
    const isEnvoyFilter = manifest.kind === "EnvoyFilter";
    if (!isEnvoyFilter && manifest.kind !== "WasmPlugin" && manifest.kind !== "TrafficExtension") continue;
    const missing: string[] = [];
    const environment: Record<string, string> = {};
    const pathOf = async (plugin: Plugin): Promise<string | null> => {
      const module = moduleOf(plugin, manifests, options.modules ?? []);
      Object.assign(environment, hostVariables(plugin, options));
      if (module !== null) return fileOf(module.name, module.bytes);
      missing.push(plugin.name);
      return null;
    };
    const localValue = isEnvoyFilter
      ? await localFilter(manifest.value, pathOf)
      : await localExtension(manifest, pathOf, options);
    const spec = recordOf(manifest.value.spec);
    const selector = isEnvoyFilter ? recordOf(spec.workloadSelector).labels : recordOf(spec.selector).matchLabels;
    const labels = isRecord(selector) ? (selector as Record<string, string>) : undefined;
    const targets = [...listOf(spec.targetRefs), spec.targetRef].filter(isRecord);
    deliveries.push({
      ...{ manifest, localValue, missing, environment, labels },
      targets: targets.map(({ kind, name }) => ({ kind: String(kind), name: String(name) })),
      workloads:
        targets.length > 0
          ? []
          : (selected({ namespace: manifest.namespace, labels, labelsPath: [] }, workloads) ?? []),
      filters: isEnvoyFilter ? filtersOfPatches(manifest) : filtersOfExtension(manifest, labels, targets.length > 0),
    });
  }
  return deliveries;
}

const silent = () => {};

async function localFilter(value: Fields, pathOf: (plugin: Plugin) => Promise<string | null>): Promise<Fields> {
  const spec = recordOf(value.spec);
  const configPatches: unknown[] = [];
  for (const each of listOf(spec.configPatches)) {
    const configPatch = recordOf(each);
    const patch = recordOf(configPatch.patch);
    const filter = recordOf(patch.value);
    const key = filter.typedConfig === undefined ? "typed_config" : "typedConfig";
    const plugin = pluginOfTypedConfig(filter[key], String(filter.name), [], silent);
    const path = plugin === null ? null : await pathOf(plugin);
    if (path === null) configPatches.push(each);
    else {
      const local = withCode(recordOf(filter[key]), { local: { filename: path } });
      configPatches.push({ ...configPatch, patch: { ...patch, value: { ...filter, [key]: local } } });
    }
  }
  return { ...value, spec: { ...spec, configPatches } };
}

async function localExtension(
  manifest: Manifest,
  pathOf: (plugin: Plugin) => Promise<string | null>,
  options: CheckOptions,
): Promise<Fields> {
  const quiet = { ...manifest, report: silent };
  const isPlugin = manifest.kind === "WasmPlugin";
  const [plugin] = isPlugin ? checkWasmPlugin(quiet) : checkTrafficExtension(quiet, options);
  const path = plugin === undefined ? null : await pathOf(plugin);
  if (path === null) return manifest.value;
  const spec = recordOf(manifest.value.spec);
  const local = (wasm: Fields): Fields => {
    const { sha256, imagePullPolicy, imagePullSecret, ...rest } = wasm;
    return { ...rest, url: `file://${path}` };
  };
  return { ...manifest.value, spec: isPlugin ? local(spec) : { ...spec, wasm: local(recordOf(spec.wasm)) } };
}

const sides: ReadonlyMap<string, readonly DeliveredFilter["side"][]> = new Map(
  Object.entries({
    SIDECAR_INBOUND: ["inbound"],
    SIDECAR_OUTBOUND: ["outbound"],
    GATEWAY: ["gateway"],
    WAYPOINT: [],
  }),
);

function filtersOfPatches({ value }: Manifest): DeliveredFilter[] {
  const { labels } = recordOf(recordOf(value.spec).workloadSelector);
  const anySide = [isRecord(labels) && looksLikeGateway(labels) ? ("gateway" as const) : ("inbound" as const)];
  return listOf(recordOf(value.spec).configPatches).flatMap((each, i) => {
    const { applyTo, match, patch } = recordOf(each);
    const { operation, value: filter } = recordOf(patch);
    const isInserted = typeof operation === "string" && (operation.startsWith("INSERT_") || operation === "REPLACE");
    const { name } = recordOf(filter);
    if (applyTo !== "HTTP_FILTER" || !isInserted || typeof name !== "string") return [];
    const { context, listener } = recordOf(match);
    const { portNumber } = recordOf(listener);
    const port = typeof portNumber === "number" && portNumber > 0 ? portNumber : null;
    const path = ["spec", "configPatches", i, "match"];
    return (sides.get(String(context)) ?? anySide).map((side) => ({ name, side, port, path }));
  });
}

/** Source: istio pilot/pkg/model/extensions.go; WasmPlugins become TrafficExtensions from 1.30 on. */
function filtersOfExtension(
  { kind, name, namespace, value }: Manifest,
  labels: Fields | undefined,
  isGateway: boolean,
): DeliveredFilter[] {
  const suffix = kind === "WasmPlugin" ? "~istio-translated-wasmplugin" : "";
  const filter = `extensions.istio.io/trafficextension/${namespace || defaultNamespace}.${name}${suffix}`;
  if (isGateway || (labels !== undefined && looksLikeGateway(labels)))
    return [{ name: filter, side: "gateway", port: null, path: ["spec"] }];
  const matches = listOf(recordOf(value.spec).match).map(recordOf);
  if (matches.length === 0) return [{ name: filter, side: "inbound", port: null, path: ["spec"] }];
  return matches.flatMap(({ mode, ports }, i) => {
    const found: DeliveredFilter["side"] = mode === "CLIENT" ? "outbound" : "inbound";
    const numbers = listOf(ports).map((port) => Number(recordOf(port).number));
    return (numbers.length === 0 ? [null] : numbers).map((port) => ({
      ...{ name: filter, side: found, port, path: ["spec", "match", i] },
    }));
  });
}

/** Of objects that name none. */
export const defaultNamespace = "default";
