/** What is to be delivered where. Errors name the place in the plan and never a value that could be a secret. */
import { type FilterMetadata, type Phase, phases } from "./filter-metadata.ts";
import { type Limits, limitProblems } from "./limits.ts";
import { check, InvalidPlan } from "./problems.ts";
import { type ModuleSource, sourceProblems } from "./source.ts";

/** Which of a proxy's listeners the filter goes into (Istio's `EnvoyFilter.PatchContext`). */
export const proxyContexts = ["SIDECAR_INBOUND", "SIDECAR_OUTBOUND", "GATEWAY"] as const;
export type ProxyContext = (typeof proxyContexts)[number];

/** As people write them. */
export const contexts = {
  inbound: "SIDECAR_INBOUND",
  outbound: "SIDECAR_OUTBOUND",
  gateway: "GATEWAY",
} as const satisfies Readonly<Record<string, ProxyContext>>;

export const failurePolicies = ["FAIL_CLOSED", "FAIL_OPEN", "FAIL_RELOAD"] as const;
export type FailurePolicy = (typeof failurePolicies)[number];

/** Which workloads a resource is for. */
export interface WorkloadTarget {
  /** Of the resource: a DNS label. */
  readonly name: string;
  /** Where the resources live, and the workloads with them; the root namespace means every namespace. */
  readonly namespace: string;
  /** Labels of the workloads' pods: all must match. "*" is every workload of the namespace. */
  readonly selector: Readonly<Record<string, string>> | "*";
}

/** Which proxies an EnvoyFilter is for. */
export interface Target extends WorkloadTarget {
  readonly context: ProxyContext;
  /** Only proxies whose Istio version matches this regular expression (RE2), such as `^1\.31`. */
  readonly proxyVersion?: string;
  /** Of the resource among others: lower comes first. Default: 0. */
  readonly priority?: number;
}

export interface ListenerTarget extends Target {
  /** Only listeners on this port. Default: every port. */
  readonly port?: number;
}

/** The filter itself, wherever it goes. `name` is that of the filter in the chain and of the plugin. */
export interface PluginPlan {
  readonly name: string;
  /** What the filter says of itself: defaults, and what it needs. */
  readonly filter?: FilterMetadata;
  /** Default: that of `filter`, else `name`. */
  readonly rootId?: string;
  /** Default: a file at `modulePath`. */
  readonly source?: ModuleSource;
  /** Where the module lies in the proxy's container. Default: `/var/local/wasm/<name>.wasm`. */
  readonly modulePath?: string;
  /** Plugins with equal VM IDs, modules and environments share a VM. Default: none. */
  readonly vmId?: string;
  /** Reaches the filter as JSON; a string or bytes as they are. Default: none. */
  readonly configuration?: unknown;
  /** Variables of the VM's environment. Not for secrets: they stand in the manifest. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Variables of the proxy's own environment that the VM may see. */
  readonly hostEnvironment?: readonly string[];
  /** What happens to requests when the filter traps. Default: FAIL_CLOSED, they are refused. */
  readonly failurePolicy?: FailurePolicy;
  /**
   * Lets a filter hold a request's headers and still see its body; without it Envoy never delivers that body.
   * Envoy 1.35 (Istio 1.27) and later. Default: true, where the target can say it.
   */
  readonly allowOnHeadersStopIteration?: boolean;
}

/** `name` is also that of the resources. */
export interface DeliveryPlan extends ListenerTarget, PluginPlan {
  readonly name: string;
  /** Gateways, routes or services that the resource is for, in the place of pods: `selector` is "*" then. */
  readonly targetRefs?: readonly TargetRef[];
  /**
   * The filter right before which this one goes. One that is not in the chain is no error to Istio: this one is then not
   * there either. Default: the router.
   */
  readonly before?: string;
  /** The filter right behind which it goes, in the place of `before`; likewise no error when it is not in the chain. */
  readonly after?: string;
  /** Where a target has no `before`. Default: that of `filter`. */
  readonly phase?: Phase;
}

/** An object of the same namespace, as the Gateway API's policies name it. */
export interface TargetRef {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** Where the module is in the proxy's container. */
export const modulePathOf = ({ name, modulePath }: PluginPlan): string => modulePath ?? `/var/local/wasm/${name}.wasm`;

export const rootIdOf = ({ name, rootId, filter }: PluginPlan): string => rootId ?? filter?.rootId ?? name;

/** Throws `InvalidPlan` with everything that is wrong, and what the target cannot say. */
export function checkPlan(plan: DeliveryPlan, limits: Limits = {}): void {
  const problems = [
    ...listenerProblems(plan),
    ...targetRefProblems(plan),
    ...orderProblems(plan),
    ...check(
      plan.phase === undefined || phases.includes(plan.phase),
      "/phase",
      `one of ${phases.join(", ")}`,
      plan.phase,
    ),
    ...pluginProblems(plan),
    ...limitProblems(plan, limits),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}

/** In chains of Istio's, and the last of each. */
export const routerName = "envoy.filters.http.router";

function orderProblems({ before, after }: DeliveryPlan): string[] {
  const isName = (text: string | undefined) => text === undefined || /^\S+$/.test(text);
  return [
    ...check(isName(before), "/before", "the name of a filter such as istio.stats", before),
    ...check(isName(after), "/after", "the name of a filter such as envoy.filters.http.cors", after),
    ...(before !== undefined && after !== undefined
      ? ["/after: expected one of before and after, found both; leave one of them away"]
      : []),
    // Envoy refuses such a chain.
    ...(after === routerName
      ? ["/after: expected a filter in front of the router, which is the last, found the router; leave after away"]
      : []),
  ];
}

/** The same for a filter alone. */
export function checkPlugin(plan: PluginPlan, limits: Limits = {}): void {
  const problems = [
    ...check(/^\S+$/.test(plan.name), "/name", "a name without blanks", plan.name),
    ...pluginProblems(plan),
    ...limitProblems(plan, limits),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}

function pluginProblems(plan: PluginPlan): string[] {
  return [
    ...check(isFilePath(modulePathOf(plan)), "/modulePath", "an absolute path of a file", plan.modulePath),
    ...check(
      plan.failurePolicy === undefined || failurePolicies.includes(plan.failurePolicy),
      "/failurePolicy",
      `one of ${failurePolicies.join(", ")}`,
      plan.failurePolicy,
    ),
    ...environmentProblems(plan),
    ...sourceProblems(plan.source),
  ];
}

/** Istio takes both for valid, and the filter is then on no sidecar. */
const targetRefProblems = ({ targetRefs, selector }: DeliveryPlan): string[] =>
  targetRefs === undefined
    ? []
    : [
        ...check(targetRefs.length > 0 && targetRefs.length <= 16, "/targetRefs", "1 to 16 of them", targetRefs.length),
        ...(selector === "*" ? [] : ["/selector: expected none beside targetRefs, found one; leave one of them away"]),
        ...targetRefs.flatMap(({ kind, name }, i) => [
          ...check(/^[A-Za-z][A-Za-z0-9]{0,62}$/.test(kind), `/targetRefs/${i}/kind`, "a kind such as Gateway", kind),
          ...check(name.split(".").every(isDnsLabel), `/targetRefs/${i}/name`, "the name of an object", name),
        ]),
      ];

/** What every resource is asked about: its name, and which workloads it is for. */
export const workloadProblems = ({ name, namespace, selector }: WorkloadTarget): string[] => [
  ...check(isDnsLabel(name), "/name", "a DNS label (a-z, 0-9, -; at most 63 characters)", name),
  ...check(isDnsLabel(namespace), "/namespace", "a DNS label", namespace),
  ...selectorProblems(selector),
];

/** What every EnvoyFilter is asked about besides: which proxies it is for. */
export const targetProblems = (target: Target): string[] => [
  ...workloadProblems(target),
  ...check(proxyContexts.includes(target.context), "/context", `one of ${proxyContexts.join(", ")}`, target.context),
  ...check(
    target.priority === undefined || (Number.isInteger(target.priority) && Math.abs(target.priority) < 2 ** 31),
    "/priority",
    "a whole number of 32 bits",
    target.priority,
  ),
  ...check(
    target.proxyVersion === undefined ||
      (target.proxyVersion.length <= 1024 && isRegularExpression(target.proxyVersion)),
    "/proxyVersion",
    "a regular expression of at most 1024 characters",
    target.proxyVersion,
  ),
];

export const listenerProblems = (target: ListenerTarget): string[] => [
  ...targetProblems(target),
  ...check(target.port === undefined || isPort(target.port), "/port", "a port from 1 to 65535", target.port),
];

export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;

function selectorProblems(selector: DeliveryPlan["selector"]): string[] {
  if (selector === "*") return [];
  const labels = Object.entries(selector);
  if (labels.length === 0) return ["/selector: expected at least one label, found none"];
  return labels.flatMap(([key, value]) => [
    ...check(isLabelKey(key), `/selector/${key}`, "a label's name", key),
    ...check(isLabelValue(value), `/selector/${key}`, "a label's value", value),
  ]);
}

/** Envoy refuses a variable that is given twice. */
function environmentProblems({ environment = {}, hostEnvironment = [] }: PluginPlan): string[] {
  const names = [...Object.keys(environment), ...hostEnvironment];
  const invalid = names.filter((name) => !isVariableName(name));
  const twice = names.filter((name, i) => names.indexOf(name) !== i);
  return [
    // Who writes "KEY=value" as a name means a value, and that may be a secret.
    ...invalid.map(
      (name) => `/environment: expected the name of a variable, found ${JSON.stringify(withoutValue(name))}`,
    ),
    ...twice.map((name) => `/environment/${name}: expected each variable once, found it twice`),
  ];
}

export const isVariableName = (text: string): boolean => /^[A-Za-z_][A-Za-z0-9_]*$/.test(text);

const withoutValue = (name: string) => name.replace(/=.*/s, "=...");

/** Without "." and "..", which volume mounts may not have, and without line breaks and the like. */
const isFilePath = (text: string) => /^(\/(?!\.\.?(\/|$))[^/\p{Cc}]+)+$/u.test(text);

/** RFC 1123. */
export const isDnsLabel = (text: string) => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);

const isLabelValue = (text: string) => /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/.test(text);

/** An optional DNS subdomain and "/", then a name of at most 63 characters. */
function isLabelKey(text: string): boolean {
  const slash = text.indexOf("/");
  const [prefix, name] = slash === -1 ? [null, text] : [text.slice(0, slash), text.slice(slash + 1)];
  const goodPrefix = prefix === null || (prefix.length <= 253 && prefix.split(".").every(isDnsLabel));
  return goodPrefix && name !== "" && isLabelValue(name);
}

/** RE2 has less than JavaScript: look-around and back references are refused here, as Istio's matcher would drop them. */
function isRegularExpression(text: string): boolean {
  if (/\(\?[=!<]|\\[1-9]/.test(text)) return false;
  try {
    new RegExp(text);
    return true;
  } catch {
    return false;
  }
}
