/** The order of a file's filters in the chain, in the words of each target. */
import { phases } from "../filter-metadata.ts";
import { routerName } from "../plan.ts";
import type { LoadedFilter } from "./loaded.ts";

/** Steps of ten, as others may want to go between. A filter alone needs none. */
const step = 10;

/**
 * EnvoyFilters: lower first; what is put behind a filter comes right behind it, before what was put there earlier. WasmPlugins and
 * TrafficExtensions: higher first inside of a phase.
 */
export function priorityOf({ settings, position }: LoadedFilter): number | undefined {
  const { target = "envoyfilter", priority, after } = settings;
  if (priority !== undefined || position.count === 1 || target === "extensionpolicy") return priority;
  const isInOrder = target === "envoyfilter" && after === undefined;
  return step * (isInOrder ? position.index + 1 : position.count - position.index);
}

/** What Istio would take, and put into another order than the file, or nowhere. */
export function orderProblems(filters: readonly LoadedFilter[]): string[] {
  return filters.flatMap((filter, i) => {
    const earlier = filters.slice(0, i).filter((other) => isBeside(other, filter));
    const later = filters.slice(i + 1).filter((other) => isBeside(other, filter));
    return [
      ...beforeProblems(filter, later),
      ...afterProblems(filter, [...earlier, ...later]),
      ...routerProblems(filter, earlier),
      ...phaseProblems(filter, earlier),
      ...policyProblems(filter, earlier),
    ];
  });
}

const isBeside = (one: LoadedFilter, other: LoadedFilter): boolean =>
  placeOf(one) === placeOf(other) && targetOf(one) === targetOf(other);

const targetOf = ({ settings }: Pick<LoadedFilter, "settings">) => settings.target ?? "envoyfilter";

const placeOf = ({ settings: { namespace, selector, targetRefs, context } }: LoadedFilter): string =>
  JSON.stringify([namespace, selector, targetRefs, context]);

/** An EnvoyFilter is put before what is there already. */
const beforeProblems = ({ name, at, settings: { before } }: LoadedFilter, later: readonly LoadedFilter[]): string[] =>
  later.some((other) => other.name === before)
    ? [
        `${at.at(-1)}/before: expected none, as ${name} stands before ${before} in the file, which is the order; found one`,
      ]
    : [];

/** What stands behind another of the file is there already when it is the other that is put in. */
const afterProblems = ({ name, at, settings: { after } }: LoadedFilter, others: readonly LoadedFilter[]): string[] =>
  others.some((other) => other.name === after)
    ? [
        `${at.at(-1)}/after: expected a filter that the file does not deliver, as ${name} and ${after} are in its order, found ${after}`,
      ]
    : [];

/** Right before the router is behind everything. */
function routerProblems({ name, at, settings }: LoadedFilter, earlier: readonly LoadedFilter[]): string[] {
  const key = settings.after === undefined ? "before" : "after";
  const last = earlier.find((other) => targetOf(other) === "envoyfilter" && isBeforeRouter(other));
  if (targetOf({ settings }) !== "envoyfilter" || isBeforeRouter({ settings }) || last === undefined) return [];
  return [
    `${at.at(-1)}/${key}: expected ${name} above ${last.name}, which goes right before the router and so behind it, found it below`,
  ];
}

const isBeforeRouter = ({ settings: { before, after } }: Pick<LoadedFilter, "settings">): boolean =>
  after === undefined && (before === undefined || before === routerName);

function phaseProblems(filter: LoadedFilter, earlier: readonly LoadedFilter[]): string[] {
  const target = targetOf(filter);
  if (target !== "wasmplugin" && target !== "trafficextension") return [];
  const wrong = earlier.find((other) => rankOf(other) > rankOf(filter));
  if (wrong === undefined) return [];
  return [
    `${filter.at.at(-1)}/phase: expected ${filter.name} (${phaseOf(filter)}) above ${wrong.name} (${phaseOf(wrong)}), as phases ` +
      "decide the order of this target first, found it below; move it, or give one of them another phase",
  ];
}

const phaseOf = ({ settings, metadata }: LoadedFilter) => settings.phase ?? metadata?.phase;
/** Without a phase a filter is the last, right before the router. */
const rankOf = (filter: LoadedFilter) => {
  const phase = phaseOf(filter);
  return phase === undefined ? phases.length : phases.indexOf(phase);
};

/** Of several policies for one object Envoy Gateway takes the oldest. */
const policyProblems = (filter: LoadedFilter, earlier: readonly LoadedFilter[]): string[] =>
  targetOf(filter) === "extensionpolicy" && earlier.length > 0
    ? [
        `${filter.at.at(-1)}/targetRefs: expected other objects than those of ${earlier[0]?.name}, as Envoy Gateway takes one ` +
          "policy for each, found the same",
      ]
    : [];
