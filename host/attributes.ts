/** Properties that the embedder sets: what no request can say, such as the node, route metadata, certificates. */
import { byteString, fromText } from "./byte-string.ts";
import { type Property, type PropertyTable, serializeProperty } from "./property-value.ts";

/**
 * A value: text; a double; a whole number (bigint); a truth value; a point in time; bytes; a list; what is below a name.
 * Envoy's numbers are whole numbers nearly everywhere (`connection.id`, ports); doubles come from metadata.
 */
export type Attribute =
  | string
  | number
  | bigint
  | boolean
  | Date
  | Uint8Array
  | readonly Attribute[]
  | { readonly [name: string]: Attribute };

/** By name: `{ xds: { node: { id: "a" }, route_name: "default" }, connection: { mtls: true } }`. */
export type Attributes = Readonly<Record<string, Attribute>>;

const isTable = (value: Property | undefined): value is PropertyTable => typeof value === "object" && "get" in value;

/** `base` with what is given in its place, however deep; the rest of `base` stays. */
export function withAttributes(base: PropertyTable, given: Attributes): PropertyTable {
  return {
    ...base,
    get(name) {
      const own = base.get(name);
      const attribute = Object.hasOwn(given, name) ? given[name] : undefined;
      return attribute === undefined ? own : overlay(own, attribute);
    },
  };
}

function overlay(own: Property | undefined, given: Attribute): Property {
  if (typeof given === "string") return fromText(given);
  if (typeof given !== "object" || given instanceof Uint8Array) return given;
  if (given instanceof Date) return { type: "timestamp", value: BigInt(given.getTime()) * 1_000_000n };
  if (isList(given)) return listTable(given);
  const below = withAttributes(isTable(own) ? own : { get: () => undefined }, given);
  if (isTable(own) && own.entries === undefined) return below;
  const names = Object.keys(given);
  return {
    get: below.get,
    entries: () => [
      ...(isTable(own) ? (own.entries?.() ?? []) : []).filter(([name]) => !names.includes(name)),
      ...names.map((name) => [fromText(name), serialized(below.get(name))] as const),
    ],
  };
}

/** As Envoy gives lists to guests: the items are the keys. Members are found by their index. */
const listTable = (items: readonly Attribute[]): PropertyTable => ({
  get: (index) => {
    const item = items[Number(index)];
    return item === undefined ? undefined : overlay(undefined, item);
  },
  entries: () => items.map((item) => [serialized(overlay(undefined, item)), ""] as const),
});

const isList = (value: object): value is readonly Attribute[] => Array.isArray(value);

const serialized = (value: Property | undefined) =>
  byteString(value === undefined ? new Uint8Array() : (serializeProperty(value) ?? new Uint8Array()));
