/**
 * The serialised form of maps: `u32 n`, n times (`u32 key size`, `u32 value size`), n times (key, NUL, value, NUL);
 * little endian, unpadded. Source: proxy-wasm-cpp-host src/pairs_util.cc.
 */
import { type ByteString, byteString, bytesOf } from "./byte-string.ts";

export type Pair = readonly [key: ByteString, value: ByteString];

const maxPairs = 1024;
const maxBytes = 1024 * 1024;

export function serializePairs(pairs: readonly Pair[]): Uint8Array {
  const size = pairs.reduce((sum, [key, value]) => sum + 8 + key.length + 1 + value.length + 1, 4);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, pairs.length, true);
  let sizeAt = 4;
  let dataAt = 4 + pairs.length * 8;
  for (const text of pairs.flat()) {
    view.setUint32(sizeAt, text.length, true);
    bytes.set(bytesOf(text), dataAt);
    sizeAt += 4;
    dataAt += text.length + 1;
  }
  return bytes;
}

/** Anything but exactly one well-formed map of at most 1024 pairs and 1 MiB reads as no pairs, which is no error. */
export function parsePairs(bytes: Uint8Array): Pair[] {
  if (bytes.length < 4 || bytes.length > maxBytes) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint32(0, true);
  if (count > maxPairs || 4 + count * 8 > bytes.length) return [];
  const texts: ByteString[] = [];
  let at = 4 + count * 8;
  for (let i = 0; i < count * 2; i++) {
    const end = at + view.getUint32(4 + i * 4, true);
    if (end >= bytes.length || bytes[end] !== 0) return [];
    texts.push(byteString(bytes.subarray(at, end)));
    at = end + 1;
  }
  if (at !== bytes.length) return [];
  const pairs: Pair[] = [];
  for (let i = 0; i < count; i++) pairs.push([texts[i * 2] ?? "", texts[i * 2 + 1] ?? ""]);
  return pairs;
}
