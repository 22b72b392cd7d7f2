/** What an environment says laid over what is shared. */

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array);

/** JSON Merge Patch (RFC 7396): mappings are merged, null takes a key away, all else takes the place of what is there. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const merged = new Map(Object.entries(isFields(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  // "__proto__" is a key like any other.
  return Object.fromEntries(merged);
}

/** Of these the keys are merged; a selector that is merged would be for other pods than either says. */
const mergedKeys = ["module", "env", "tags"];

/** The last layer that says a thing wins; one that names another way to the same thing takes the place of the first. */
export function mergeSettings<T extends object>(...layers: readonly (T | undefined)[]): T {
  let merged: Record<string, unknown> = {};
  for (const layer of layers) {
    if (layer === undefined) continue;
    merged = withoutRivals(merged, layer as Fields);
    for (const [key, value] of Object.entries(layer)) {
      if (value === null) delete merged[key];
      else merged[key] = mergedKeys.includes(key) ? mergePatch(merged[key], value) : value;
    }
  }
  return merged as T;
}

const places = ["selector", "targetRefs"];
const neighbours = ["before", "after"];
const sources = ["url", "inline", "configMap", "initContainer", "path"];

/** Which workloads, where in the chain, and where the module is, are said in one of several ways. */
function withoutRivals(merged: Fields, layer: Fields): Record<string, unknown> {
  const ways = [places, neighbours].filter((each) => saidOf(each, layer) !== undefined).flat();
  const rest = Object.entries(merged).filter(([key]) => !ways.includes(key));
  const result = Object.fromEntries(rest);
  if (areRivals(saidOf(sources, merged.module), saidOf(sources, layer.module))) delete result.module;
  return result;
}

/** The first of the keys that is there with a value. */
const saidOf = (keys: readonly string[], fields: unknown): string | undefined =>
  isFields(fields) ? keys.find((key) => fields[key] !== undefined && fields[key] !== null) : undefined;

/** A ConfigMap and an image bring the file to a path. */
const areRivals = (before: string | undefined, now: string | undefined): boolean =>
  before !== undefined &&
  now !== undefined &&
  before !== now &&
  !([before, now].includes("path") && ["configMap", "initContainer"].some((each) => each === before || each === now));
