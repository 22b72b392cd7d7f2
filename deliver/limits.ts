/** What a target cannot say. A plan that asks for it is refused with the way out, never delivered without it. */
import { needsWith } from "./filter-metadata.ts";
import type { DeliveryPlan, PluginPlan } from "./plan.ts";
import { check } from "./problems.ts";
import { kindOf, type SourceKind } from "./source.ts";

export interface Limits {
  /** By the name in the plan: why not, and what to do. */
  readonly lacks?: Partial<Readonly<Record<keyof DeliveryPlan, string>>>;
  /** By the kind of source: likewise. */
  readonly sources?: Partial<Readonly<Record<SourceKind, string>>>;
  /** Kinds that `targetRefs` may have, and the group of each. */
  readonly targetKinds?: Readonly<Record<string, string>>;
}

/** Of the Gateway API. */
export const gatewayGroup = "gateway.networking.k8s.io";

export function limitProblems(
  plan: PluginPlan & Partial<Pick<DeliveryPlan, "targetRefs">>,
  { lacks = {}, sources = {}, targetKinds = {} }: Limits,
): string[] {
  const given = Object.entries(lacks).filter(([key]) => isGiven(key, plan[key as keyof PluginPlan]));
  const source = sources[kindOf(plan.source)];
  return [
    ...given.map(([key, wayOut]) => `/${key}: ${wayOut}`),
    ...needProblems(plan, lacks.allowOnHeadersStopIteration),
    ...(source === undefined ? [] : [`/source: ${source}`]),
    ...(plan.targetRefs ?? []).flatMap(({ group, kind }, i) => {
      const [path, kinds] = [`/targetRefs/${i}`, Object.keys(targetKinds).join(", ")];
      if (targetKinds[kind] === undefined) return check(false, `${path}/kind`, `one of ${kinds}`, kind);
      return check(group === targetKinds[kind], `${path}/group`, JSON.stringify(targetKinds[kind]), group);
    }),
  ];
}

/** `false` and "*" ask for nothing. */
const isGiven = (key: string, value: unknown): boolean =>
  value !== undefined &&
  !(key === "allowOnHeadersStopIteration" && value === false) &&
  !(key === "selector" && value === "*");

function needProblems(
  { name, filter, configuration, allowOnHeadersStopIteration }: PluginPlan,
  wayOut?: string,
): string[] {
  if (wayOut === undefined || filter === undefined || allowOnHeadersStopIteration !== undefined) return [];
  return needsWith(filter, configuration).map(({ feature, unless = {} }) => {
    const instead = Object.entries(unless).map(([key, value]) => `"${key}: ${value}"`);
    const or = instead.length === 0 ? "" : `; or give it a configuration with ${instead.join(" or ")}`;
    return `/filter: ${name} needs ${feature}: ${wayOut}${or}`;
  });
}
