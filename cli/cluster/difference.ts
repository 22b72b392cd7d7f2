/** Where an object in the cluster is not as it is written. Values are not told: they may be secrets. */
import { fieldManager, type LiveObject, type WrittenObject } from "./objects.ts";

type Fields = Readonly<Record<string, unknown>>;

/**
 * Paths such as "spec.priority". What is only in the cluster counts where we have set it: the rest are defaults, and what
 * others add.
 */
export function differences({ value }: WrittenObject, live: LiveObject): readonly string[] {
  const wanted = stored(value);
  const ours = (live.metadata.managedFields ?? []).filter(({ manager }) => manager === fieldManager);
  const extra = ours.flatMap(({ fieldsV1 = {} }) => missing(fieldsV1, wanted, []));
  return [...new Set([...unlike(wanted, live, []), ...extra])];
}

/** As the server keeps it: a Secret's texts become data. */
function stored({ stringData, ...value }: Fields): Fields {
  if (value.kind !== "Secret" || !isRecord(stringData)) return value;
  const data = Object.entries(stringData).map(([key, text]) => [key, Buffer.from(String(text)).toString("base64")]);
  return { ...value, data: { ...(isRecord(value.data) ? value.data : {}), ...Object.fromEntries(data) } };
}

function unlike(wanted: unknown, found: unknown, path: readonly string[]): string[] {
  if (isRecord(wanted) && isRecord(found))
    return Object.entries(wanted).flatMap(([key, value]) => unlike(value, found[key], [...path, key]));
  return isEqual(wanted ?? undefined, found ?? undefined) ? [] : [path.join(".")];
}

/** What a manager has set (`FieldsV1`: "f:name" for each key) and is not written any more. Lists are wholes. */
function missing(set: Fields, wanted: unknown, path: readonly string[]): string[] {
  return Object.entries(set).flatMap(([key, inner]) => {
    if (!key.startsWith("f:")) return [];
    const name = key.slice("f:".length);
    const next = [...path, name];
    if (!isRecord(wanted)) return [];
    return wanted[name] === undefined ? [next.join(".")] : missing(inner as Fields, wanted[name], next);
  });
}

/** JSON values alike, whatever the order of keys. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((each, i) => isEqual(each, b[i]));
  if (isRecord(a) && isRecord(b)) {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => key in b && isEqual(a[key], b[key]));
  }
  return a === b;
}

/** Whether everything of `part` is in `whole`; items of a list may be anywhere in it. */
export function contains(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((each) => whole.some((of) => contains(of, each)));
  if (isRecord(part)) return isRecord(whole) && Object.entries(part).every(([key, each]) => contains(whole[key], each));
  return whole === part;
}

export const isRecord = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
