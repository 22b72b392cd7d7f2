/** Values of properties and how a guest gets them. Source: envoy source/extensions/common/wasm/foreign.cc, context.cc `serializeValue`. */
import { type ByteString, bytesOf } from "./byte-string.ts";
import { type Pair, serializePairs } from "./pairs.ts";

/** Properties below a name, such as those of `request`. */
export interface PropertyTable {
  get(segment: ByteString): Property | undefined;
  /** Absent: the table as a whole has no value. */
  entries?(): readonly Pair[];
}

/** A string or bytes; a 64-bit number, duration or timestamp in nanoseconds; a truth value; a map. */
export type Property = ByteString | bigint | boolean | PropertyTable;

/** Walks a path; undefined where it leads nowhere, or below a value. */
export function findProperty(table: PropertyTable, path: readonly ByteString[]): Property | undefined {
  let found: Property | undefined = table;
  for (const segment of path) {
    if (typeof found !== "object") return undefined;
    found = found.get(segment);
  }
  return found;
}

/** The guest's form of a value: 8 bytes little endian for numbers, 1 for truth values, pairs for maps; null without one. */
export function serializeProperty(value: Property): Uint8Array | null {
  if (typeof value === "string") return bytesOf(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (typeof value === "object") return value.entries === undefined ? null : serializePairs(value.entries());
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true);
  return bytes;
}

/** A table out of its members; members are computed when asked for. */
export function propertyTable(members: Record<string, () => Property | undefined>): PropertyTable {
  const byName = new Map(Object.entries(members));
  return { get: (segment) => byName.get(segment)?.() };
}
