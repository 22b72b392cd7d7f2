/** Values on their way into CEL and out of it. Source: envoy source/extensions/common/wasm/context.cc `serializeValue`. */
import {
  type CelInput,
  type CelMap,
  type CelValue,
  celMap,
  celUint,
  isCelList,
  isCelMap,
  isCelType,
  isCelUint,
} from "@bufbuild/cel";
import { create, isMessage, toBinary } from "@bufbuild/protobuf";
import { DurationSchema, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { byteString, encode, fromText, toText } from "../byte-string.ts";
import { type Pair, serializePairs } from "../pairs.ts";
import { type Property, type PropertyTable, serializeProperty } from "../property-value.ts";

const nsPerSecond = 1_000_000_000n;

/** A property as a CEL value; tables are looked up when the expression does. */
export function toBinding(value: Property): CelInput {
  if (typeof value === "string") return toText(value);
  if (typeof value !== "object" || value instanceof Uint8Array) return value;
  if (!("type" in value)) return tableMap(value);
  if (value.type === "uint") return celUint(value.value);
  const whole = value.value / nsPerSecond;
  const parts = { seconds: whole, nanos: Number(value.value % nsPerSecond) };
  return value.type === "timestamp" ? create(TimestampSchema, parts) : create(DurationSchema, parts);
}

/** The guest's form of a result; null when it has none, as null and types. */
export function serializeResult(value: CelValue): Uint8Array | null {
  if (typeof value === "string") return encode(value);
  if (typeof value === "bigint" || typeof value === "boolean" || value instanceof Uint8Array) {
    return serializeProperty(value);
  }
  if (typeof value === "number") return eightBytes((view) => view.setFloat64(0, value, true));
  if (value === null || isCelType(value)) return null;
  if (isCelUint(value)) return serializeProperty(value.value);
  if (isCelList(value)) return pairs(Array.from(value, (item) => [item, ""]));
  if (isCelMap(value)) {
    const table = tables.get(value);
    return table === undefined ? pairs(value) : serializeProperty(table);
  }
  const { message, desc } = value;
  if (isMessage(message, TimestampSchema) || isMessage(message, DurationSchema)) {
    return serializeProperty(message.seconds * nsPerSecond + BigInt(message.nanos));
  }
  return toBinary(desc, message);
}

function pairs(items: Iterable<readonly [CelValue, CelValue]>): Uint8Array | null {
  const list: Pair[] = [];
  for (const pair of items) {
    const [key, value] = pair.map(serializeResult);
    if (key === null || key === undefined || value === null || value === undefined) return null;
    list.push([byteString(key), byteString(value)]);
  }
  return serializePairs(list);
}

function eightBytes(write: (view: DataView) => void): Uint8Array {
  const bytes = new Uint8Array(8);
  write(new DataView(bytes.buffer));
  return bytes;
}

/** Where a map in an expression comes from. */
const tables = new WeakMap<CelMap, PropertyTable>();

function tableMap(table: PropertyTable): CelMap {
  const map = celMap(new TableMap(table));
  tables.set(map, table);
  return map;
}

/** Keys are those the table lists; without a list there are none, and members are found all the same. */
class TableMap implements ReadonlyMap<string, CelInput> {
  readonly #table: PropertyTable;

  constructor(table: PropertyTable) {
    this.#table = table;
  }

  get size(): number {
    return this.#table.entries?.().length ?? 0;
  }

  get(key: unknown): CelInput | undefined {
    const value = typeof key === "string" ? this.#table.get(fromText(key)) : undefined;
    return value === undefined ? undefined : toBinding(value);
  }

  has(key: unknown): boolean {
    return this.get(key) !== undefined;
  }

  *entries(): MapIterator<[string, CelInput]> {
    for (const [key, value] of this.#table.entries?.() ?? []) yield [toText(key), toText(value)];
  }

  *keys(): MapIterator<string> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): MapIterator<CelInput> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, CelInput]> {
    return this.entries();
  }

  forEach(callback: (value: CelInput, key: string, map: ReadonlyMap<string, CelInput>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }
}
