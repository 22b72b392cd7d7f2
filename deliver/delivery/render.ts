/** One environment of a `pwk.yaml` as resources. */
import { statsLoggerFilter } from "../metrics/stats-logger.ts";
import { telemetry } from "../metrics/telemetry.ts";
import { mirrorFilter } from "../mirror.ts";
import { moduleConfigMap } from "../modes/config-map.ts";
import { envoyHttpFilter, type HttpFilter } from "../modes/envoy.ts";
import { deliveryModes } from "../modes/index.ts";
import {
  contexts,
  type DeliveryPlan,
  type ListenerTarget,
  type PluginPlan,
  type TargetRef,
  type WorkloadTarget,
} from "../plan.ts";
import { InvalidPlan } from "../problems.ts";
import type { Resource } from "../resources/metadata.ts";
import type { PodPatch } from "../resources/pod-patch.ts";
import type { ModuleSource } from "../source.ts";
import { parseTargetRef, targetRefKinds } from "../target-ref.ts";
import { within } from "./entry-problems.ts";
import type { Entry } from "./environment.ts";
import type { MirrorSettings, PlaceSettings, StatsLoggerSettings, TelemetrySettings } from "./file.ts";
import { nameOfVariable } from "./host-env.ts";
import { labelled, labelsOf } from "./labels.ts";
import type { LoadedEnvironment, LoadedFilter } from "./loaded.ts";
import { orderProblems, priorityOf } from "./order.ts";
import { podPatches } from "./pods.ts";

export interface RenderedDelivery {
  readonly name: string;
  /** null: the file has none. */
  readonly environment: string | null;
  /** In the order in which they should be applied. */
  readonly resources: readonly Resource[];
  /** Of workloads that somebody else delivers: for `kubectl patch`, never to be applied or deleted. */
  readonly patches: readonly PodPatch[];
  /** Elements of `http_filters` of an Envoy without a control plane. */
  readonly httpFilters: readonly HttpFilter[];
}

/** Throws `InvalidPlan`; `InvalidEntry` where one entry is at fault. */
export function renderEnvironment(loaded: LoadedEnvironment): RenderedDelivery {
  const { name, environment, filters } = loaded;
  const problems = orderProblems(filters);
  if (problems.length > 0) throw new InvalidPlan(problems);
  const labels = labelsOf(name, environment);
  const inCluster = filters.filter(({ settings }) => settings.target !== "envoy");
  const resources: readonly Resource[] = [
    ...filters.flatMap(configMapOf),
    ...inCluster.flatMap((filter) => within(filter.at, () => resourcesOf(filter))),
    ...loaded.mirrors.map((entry) => within(entry.at, () => mirrorOf(entry))),
    ...loaded.statsLoggers.map((entry) => within(entry.at, () => statsLoggerOf(entry))),
    ...loaded.telemetry.map((entry) => within(entry.at, () => telemetryOf(entry))),
  ];
  checkNames(resources);
  return {
    name,
    environment,
    resources: resources.map((resource) => labelled(resource, labels)),
    patches: podPatches(filters, planOf),
    httpFilters: filters.filter(isForEnvoyAlone).map((filter) => within(filter.at, () => httpFilterOf(filter))),
  };
}

function resourcesOf(filter: LoadedFilter): readonly Resource[] {
  const { target = "envoyfilter" } = filter.settings;
  const mode = deliveryModes.find(({ name }) => name === target);
  if (mode === undefined) throw new InvalidPlan([`/target: expected one of the targets, found ${target}`]);
  return mode.resources(planOf(filter));
}

const configMapOf = (filter: LoadedFilter): Resource[] =>
  filter.settings.module?.configMap === undefined
    ? []
    : [within(filter.at, () => moduleConfigMap(planOf(filter), filter.module ?? new Uint8Array()))];

const isForEnvoyAlone = ({ settings }: LoadedFilter) => settings.target === "envoy";

function httpFilterOf(filter: LoadedFilter): HttpFilter {
  const { settings } = filter;
  const given = (["before", "after", "phase", "port", "proxyVersion", "priority", "targetRefs"] as const).filter(
    (key) => settings[key] !== undefined,
  );
  if (given.length > 0)
    throw new InvalidPlan(given.map((key) => `/${key}: is for a control plane; target envoy has none`));
  return envoyHttpFilter(pluginOf(filter));
}

function planOf(filter: LoadedFilter): DeliveryPlan {
  const { settings } = filter;
  const { context, targetRefs, before, after, phase, port, proxyVersion, selector } = settings;
  if (selector === undefined && targetRefs === undefined)
    throw new InvalidPlan([
      '/selector: expected labels of pods, "*", or targetRefs, here or in defaults, found none of them',
    ]);
  const priority = priorityOf(filter);
  return {
    ...pluginOf(filter),
    namespace: namespaceOf(settings),
    selector: selector ?? "*",
    context: contexts[context ?? "inbound"],
    ...(targetRefs !== undefined && { targetRefs: targetRefs.map(targetRefOf) }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(phase !== undefined && { phase }),
    ...(port !== undefined && { port }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  };
}

function targetRefOf(text: string, i: number): TargetRef {
  const ref = parseTargetRef(text);
  if (ref === undefined)
    throw new InvalidPlan([
      `/targetRefs/${i}: expected a kind and a name such as gateway/eg; kinds: ${targetRefKinds.join(", ")}`,
    ]);
  return ref;
}

function pluginOf(filter: LoadedFilter): PluginPlan {
  const { name, settings, metadata, configuration } = filter;
  const { rootId, vmId, env, hostEnv, failurePolicy, allowOnHeadersStopIteration, module = {} } = settings;
  const source = sourceOf(filter);
  return {
    name,
    ...(metadata !== undefined && { filter: metadata }),
    ...(rootId !== undefined && { rootId }),
    ...(source !== undefined && { source }),
    ...(module.path !== undefined && { modulePath: module.path }),
    ...(vmId !== undefined && { vmId }),
    ...(configuration !== undefined && { configuration }),
    ...(env !== undefined && { environment: env }),
    ...(hostEnv !== undefined && { hostEnvironment: hostEnv.map(nameOfVariable) }),
    ...(failurePolicy !== undefined && { failurePolicy }),
    ...(allowOnHeadersStopIteration !== undefined && { allowOnHeadersStopIteration }),
  };
}

function sourceOf({ settings, module: bytes }: LoadedFilter): ModuleSource | undefined {
  const { url, inline, configMap, initContainer, path, sha256, pullPolicy, pullSecret, imagePath } =
    settings.module ?? {};
  const ways = Object.entries({ url, inline, configMap, initContainer }).filter(([, value]) => value !== undefined);
  if (ways.length > 1)
    throw new InvalidPlan([`/source: expected one of ${ways.map(([key]) => key).join(", ")}, as there is one module`]);
  const [way] = ways[0] ?? ["path"];
  const wrong = [
    ...alien({ sha256, pullPolicy, pullSecret }, way === "url", "url"),
    ...alien({ imagePath }, way === "initContainer", "initContainer"),
    ...alien({ path }, way !== "url" && way !== "inline", "a file in the proxy's container"),
    ...(settings.workload === undefined && (way === "configMap" || way === "initContainer")
      ? ["/workload: expected the workload whose pods get the file, such as deployment/httpbin, found none"]
      : []),
  ];
  if (wrong.length > 0) throw new InvalidPlan(wrong);
  if (inline !== undefined) return { inline: bytes ?? new Uint8Array() };
  if (url === undefined) return undefined;
  return {
    url,
    ...(sha256 !== undefined && { sha256 }),
    ...(pullPolicy !== undefined && { pullPolicy }),
    ...(pullSecret !== undefined && { pullSecret }),
  };
}

const alien = (given: Readonly<Record<string, unknown>>, fits: boolean, of: string): string[] =>
  fits
    ? []
    : Object.entries(given).flatMap(([key, value]) =>
        value === undefined ? [] : [`/source/${key}: is for ${of}, which is not what the module has here`],
      );

function namespaceOf({ namespace }: PlaceSettings): string {
  if (namespace === undefined) throw new InvalidPlan(["/namespace: expected one, here or in defaults, found none"]);
  return namespace;
}

function workloadOf({ name, settings }: Entry<PlaceSettings>): WorkloadTarget {
  const { selector } = settings;
  if (selector === undefined)
    throw new InvalidPlan(['/selector: expected labels of pods, or "*", here or in defaults, found none']);
  return { name, namespace: namespaceOf(settings), selector };
}

function mirrorOf(entry: Entry<MirrorSettings>): Resource {
  const { context = "outbound", subset, route, percent, replace, proxyVersion, priority } = entry.settings;
  const { namespace = "", ...hosts } = entry.settings;
  const [host, to] = [hosts.host, hosts.to].map((each) => each?.replaceAll("{namespace}", namespace));
  const [, mirrorHost, port] = /^([^:]+):(\d+)$/.exec(to ?? "") ?? [];
  if (host === undefined)
    throw new InvalidPlan(['/host: expected a host and port such as "shop.prod.svc.cluster.local:80", found none']);
  if (mirrorHost === undefined)
    throw new InvalidPlan([
      '/to: expected a host and port such as "shop-next.prod.svc.cluster.local:80", found something else',
    ]);
  return mirrorFilter({
    ...workloadOf(entry),
    context: contexts[context],
    virtualHost: host,
    mirror: { host: mirrorHost, port: Number(port), ...(subset !== undefined && { subset }) },
    ...(route !== undefined && { route }),
    ...(percent !== undefined && { percent }),
    ...(replace !== undefined && { replaces: replace }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  });
}

const defaultTags = { request_operation: "istio_operationId" };

function statsLoggerOf(entry: Entry<StatsLoggerSettings>): Resource {
  const { context = "inbound", port, proxyVersion, priority, tags = defaultTags } = entry.settings;
  const { statPrefix = "attribute_gen", counter = "requests_total" } = entry.settings;
  const target: ListenerTarget = {
    ...workloadOf(entry),
    context: contexts[context],
    ...(port !== undefined && { port }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  };
  return statsLoggerFilter(target, { tags, statPrefix, counter });
}

function telemetryOf(entry: Entry<TelemetrySettings>): Resource {
  const { tags = defaultTags, metrics = ["REQUEST_COUNT"], mode = "SERVER", provider = "prometheus" } = entry.settings;
  return telemetry({ ...workloadOf(entry), tags, metrics, mode, provider });
}

/** The second of two would take the first one's place, in the cluster or in a folder. */
function checkNames(resources: readonly Resource[]): void {
  const names = resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  if (twice.length > 0) throw new InvalidPlan(twice.map((name) => `/name: expected ${name} once, found it twice`));
}
