/** Values of properties and how a guest gets them. Source: envoy source/extensions/common/wasm/foreign.cc, context.cc `serializeValue`. */
import { type ByteString, bytesOf } from "./byte-string.ts";
import { type Pair, serializePairs } from "./pairs.ts";

/** Properties below a name, such as those of `request`. */
export interface PropertyTable {
  get(segment: ByteString): Property | undefined;
  /** Absent: the table as a whole is no map. */
  entries?(): readonly Pair[];
  /** Of a protobuf message as a whole. */
  readonly serialized?: Uint8Array;
}

/** Wherever it matters to CEL, a number says what it is; others are signed. Times are in nanoseconds. */
export interface TypedNumber {
  readonly type: "uint" | "timestamp" | "duration";
  readonly value: bigint;
}

/** A string; bytes; a 64-bit whole number; a double; a truth value; what is below a name. */
export type Property = ByteString | Uint8Array | bigint | number | TypedNumber | boolean | PropertyTable;

/** Walks a path; undefined where it leads nowhere, or below a value. */
export function findProperty(table: PropertyTable, path: readonly ByteString[]): Property | undefined {
  let found: Property | undefined = table;
  for (const segment of path) {
    if (typeof found !== "object" || !("get" in found)) return undefined;
    found = found.get(segment);
  }
  return found;
}

/** The guest's form of a value: 8 bytes little endian for numbers, 1 for truth values, pairs for maps; null without one. */
export function serializeProperty(value: Property): Uint8Array | null {
  if (typeof value === "string") return bytesOf(value);
  if (typeof value === "boolean") return Uint8Array.of(value ? 1 : 0);
  if (value instanceof Uint8Array) return value;
  if (typeof value === "number") return new Uint8Array(Float64Array.of(value).buffer);
  if (typeof value === "bigint") return eightBytes(value);
  if ("type" in value) return eightBytes(value.value);
  return value.serialized ?? (value.entries === undefined ? null : serializePairs(value.entries()));
}

function eightBytes(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt.asIntN(64, value), true);
  return bytes;
}

/** A table out of its members; members are computed when asked for. */
export function propertyTable(members: Record<string, () => Property | undefined>): PropertyTable {
  const byName = new Map(Object.entries(members));
  return { get: (segment) => byName.get(segment)?.() };
}
