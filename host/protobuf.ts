/** Reads and writes the few protobuf messages of the ABI. Source: protobuf.dev/programming-guides/encoding. */
import { type ByteString, byteString, bytesOf, concat } from "./byte-string.ts";

/** Fields by number, the last of each: a varint, or the bytes of a string, `bytes` or message. Others are passed over. */
export type Fields = ReadonlyMap<number, bigint | Uint8Array>;

const WireType = { Varint: 0, Fixed64: 1, Bytes: 2, Fixed32: 5 } as const;

/** Null when malformed. Groups count as malformed: no message of today has any. */
export function parseMessage(bytes: Uint8Array): Fields | null {
  const fields = new Map<number, bigint | Uint8Array>();
  let at = 0;
  const varint = (): bigint | null => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return null;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return BigInt.asUintN(64, value);
    }
    return null;
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === null || key >= 2n ** 32n || key >> 3n === 0n) return null;
    const wireType = Number(key & 7n);
    const value = wireType === WireType.Varint || wireType === WireType.Bytes ? varint() : 0n;
    if (value === null) return null;
    if (wireType === WireType.Varint) {
      fields.set(Number(key >> 3n), value);
      continue;
    }
    const size = wireType === WireType.Bytes ? Number(value) : sizes.get(wireType);
    if (size === undefined || at + size > bytes.length) return null;
    if (wireType === WireType.Bytes) fields.set(Number(key >> 3n), bytes.subarray(at, at + size));
    at += size;
  }
  return fields;
}

const sizes: ReadonlyMap<number, number> = new Map([
  [WireType.Fixed64, 8],
  [WireType.Fixed32, 4],
]);

/** A `bytes` or message field; no bytes when it is not set. */
export function bytesField(fields: Fields, number: number): Uint8Array {
  const value = fields.get(number);
  return value instanceof Uint8Array ? value : new Uint8Array();
}

/** A string field; null when it is no UTF-8, which makes the message malformed. */
export function stringField(fields: Fields, number: number): ByteString | null {
  const bytes = bytesField(fields, number);
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  return byteString(bytes);
}

/** A number, an enumerator or a truth value; 0 when it is not set. */
export function numberField(fields: Fields, number: number): number {
  const value = fields.get(number);
  return typeof value === "bigint" ? Number(BigInt.asIntN(32, value)) : 0;
}

/** Field numbers up to 15; a number is a varint. As in proto3, what is empty or 0 is left out. */
export function serializeMessage(fields: Readonly<Record<number, number | ByteString | Uint8Array>>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of Object.entries(fields)) {
    const bytes = typeof value === "string" ? bytesOf(value) : value;
    if (bytes === 0 || (bytes instanceof Uint8Array && bytes.length === 0)) continue;
    const isNumber = typeof bytes === "number";
    parts.push(varintBytes(Number(number) * 8 + (isNumber ? WireType.Varint : WireType.Bytes)));
    parts.push(varintBytes(isNumber ? bytes : bytes.length));
    if (!isNumber) parts.push(bytes);
  }
  return concat(parts);
}

function varintBytes(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Uint8Array.of(...bytes, rest);
}
