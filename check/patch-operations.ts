/** Which operations istiod carries out on what; the others it takes and does not do. Source: pilot/pkg/networking/core/envoyfilter. */
import { isRecord, recordOf } from "./document.ts";
import { type Path, type Report, shown } from "./finding.ts";

type Fields = Readonly<Record<string, unknown>>;

const merges = ["MERGE", "MERGE_AND_REPLACE_LIST"];
const inserts = ["INSERT_FIRST", "INSERT_BEFORE", "INSERT_AFTER"];
const ofLists = ["ADD", ...inserts, "MERGE", "REPLACE", "REMOVE"];

const operations: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    LISTENER: ["ADD", ...merges, "REMOVE"],
    LISTENER_FILTER: ofLists,
    FILTER_CHAIN: ["ADD", ...merges, "REMOVE"],
    NETWORK_FILTER: ofLists,
    HTTP_FILTER: ofLists,
    ROUTE_CONFIGURATION: merges,
    VIRTUAL_HOST: ["ADD", ...merges, "REPLACE", "REMOVE"],
    HTTP_ROUTE: ["ADD", ...inserts, ...merges, "REMOVE"],
    CLUSTER: ["ADD", ...merges, "REMOVE"],
    EXTENSION_CONFIG: ["ADD"],
  }),
);

const all = new Set<unknown>([...operations.values()].flat());

/** What must be named to be changed; without a name nothing is. A MERGE is then into all of its type, and gives them its name. */
const named: ReadonlyMap<string, { readonly what: string; readonly of: (match: Fields) => unknown }> = new Map(
  Object.entries({
    LISTENER_FILTER: { what: "listenerFilter", of: (match) => recordOf(match.listener).listenerFilter },
    NETWORK_FILTER: { what: "filter", of: (match) => matchedFilter(match).filter },
    HTTP_FILTER: { what: "subFilter", of: (match) => recordOf(matchedFilter(match).filter).subFilter },
  }),
);

/** The filter that a match is of, and where it stands. */
export function matchedFilter({ listener, waypoint }: Fields): { readonly filter: unknown; readonly path: Path } {
  if (isRecord(waypoint)) return { filter: waypoint.filter, path: ["match", "waypoint", "filter"] };
  const { filter } = recordOf(recordOf(listener).filterChain);
  return { filter, path: ["match", "listener", "filterChain", "filter"] };
}

export function checkOperation(applyTo: string, match: Fields, { operation, value }: Fields, at: Report): void {
  if (applyTo === "BOOTSTRAP")
    at([], "has no effect on an Istio of today; use the annotation sidecar.istio.io/bootstrapOverride", "warning");
  const done = operations.get(applyTo);
  // What is no operation at all is told by the schema.
  if (!all.has(operation)) return;
  if (typeof operation !== "string" || done === undefined) return;
  if (!done.includes(operation)) {
    const why = "others are dropped without a word";
    at(["patch", "operation"], `expected ${done.join(", ")} for ${applyTo}, as ${why}, found ${shown(operation)}`);
    return;
  }
  const place = named.get(applyTo);
  const isForNamed = operation === "MERGE" ? isRecord(value) && value.name !== undefined : /^RE/.test(operation);
  if (place === undefined || !isForNamed) return;
  if (place.of(match) === undefined)
    at(["match"], `expected the ${place.what} to ${operation.toLowerCase()}, found none`);
}

/** Istio refuses a filter to be found that has no name. */
export function checkMatchedNames(applyTo: string, match: Fields, at: Report): void {
  const { filter, path } = matchedFilter(match);
  if (!isRecord(filter)) return;
  const isFilter = applyTo === "HTTP_FILTER" || applyTo === "NETWORK_FILTER";
  if (!isFilter) at(path, `is for HTTP_FILTER and NETWORK_FILTER, and has no effect on ${applyTo}`, "warning");
  for (const [object, where] of [
    [filter, path],
    [filter.subFilter, [...path, "subFilter"]],
  ] as const)
    if (isRecord(object) && (object.name === undefined || object.name === ""))
      at(where, "expected the name of a filter, found none: Istio refuses it");
}
