// How a signature is written. It is decoded first and compared as bytes; a text of another length than the digest's is
// malformed, so that no shortened tag is ever accepted.
import { isText } from "@proxy-wasm-kit/sdk";
import {
  Base64Alphabet,
  decodeBase64,
  decodeHex,
  decodeLowerHex,
  encodeBase64,
  encodeHex,
} from "@proxy-wasm-kit/sdk/crypto";
import { ALGORITHM_NAMES, Algorithm, digestSize } from "./algorithm";

export enum Encoding {
  /** In lower case. */
  Hex,
  /** The standard alphabet with its padding. */
  Base64,
  /** With padding or none. */
  Base64Url,
  /** Of the two-field form: an optional "<algorithm>=", then hex in either case, or base64 of either alphabet. */
  Auto,
}

/** Decodes to `into` (at most 66 bytes); false when it is not exactly one digest. */
export function decodeDigest(ptr: usize, size: i32, into: usize, encoding: Encoding, algorithm: Algorithm): bool {
  const bytes = digestSize(algorithm);
  if (encoding == Encoding.Auto) return decodeAuto(ptr, size, into, algorithm);
  if (encoding == Encoding.Hex) return size == bytes * 2 && decodeLowerHex(ptr, size, into) == bytes;
  if (size > base64Size(bytes)) return false;
  const alphabet = encoding == Encoding.Base64 ? Base64Alphabet.Standard : Base64Alphabet.Url;
  return decodeBase64(ptr, size, into, alphabet) == bytes;
}

/** Writes the digits of a digest to `into` (at most 128); returns how many. */
export function encodeDigest(from: usize, bytes: i32, into: usize, encoding: Encoding): i32 {
  if (encoding == Encoding.Base64) return encodeBase64(from, bytes, into, Base64Alphabet.Standard);
  if (encoding == Encoding.Base64Url) return encodeBase64(from, bytes, into, Base64Alphabet.Url);
  encodeHex(from, bytes, into);
  return bytes * 2;
}

/** Told apart by length and alphabet. */
function decodeAuto(ptr: usize, size: i32, into: usize, algorithm: Algorithm): bool {
  const bytes = digestSize(algorithm);
  const name = unchecked(ALGORITHM_NAMES[algorithm]);
  const length = name.length;
  if (size > length && load<u8>(ptr + length) == 0x3d && isText(ptr, length, name)) {
    ptr += length + 1;
    size -= length + 1;
  }
  if (size == bytes * 2) return decodeHex(ptr, size, into) == bytes;
  const padded = base64Size(bytes);
  const bare = (bytes * 8 + 5) / 6;
  if (size != bare && size != padded) return false;
  const alphabet = size != padded || hasUrlDigit(ptr, size) ? Base64Alphabet.Url : Base64Alphabet.Standard;
  return decodeBase64(ptr, size, into, alphabet) == bytes;
}

/** Digits of base64, with padding. */
function base64Size(bytes: i32): i32 {
  return ((bytes + 2) / 3) << 2;
}

/** Whether a "-" or "_" shows the URL alphabet. */
function hasUrlDigit(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (byte == 0x2d || byte == 0x5f) return true;
  }
  return false;
}
