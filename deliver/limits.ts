/** What a target cannot say. A plan that asks for it is refused with the way out, never delivered without it. */
import { needsWith } from "./filter-metadata.ts";
import type { DeliveryPlan, PluginPlan } from "./plan.ts";
import { kindOf, type SourceKind } from "./source.ts";

export interface Limits {
  /** By the name in the plan: why not, and what to do. */
  readonly lacks?: Partial<Readonly<Record<keyof DeliveryPlan, string>>>;
  /** By the kind of source: likewise. */
  readonly sources?: Partial<Readonly<Record<SourceKind, string>>>;
}

export function limitProblems(plan: PluginPlan, { lacks = {}, sources = {} }: Limits): string[] {
  const given = Object.entries(lacks).filter(([key]) => isGiven(key, plan[key as keyof PluginPlan]));
  const source = sources[kindOf(plan.source)];
  return [
    ...given.map(([key, wayOut]) => `/${key}: ${wayOut}`),
    ...needProblems(plan, lacks.allowOnHeadersStopIteration),
    ...(source === undefined ? [] : [`/source: ${source}`]),
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
