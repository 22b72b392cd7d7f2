// The signature as senders write it: an optional "sha256=", then hex in either case, base64 or base64url of 32 bytes. They
// are told apart by length and alphabet; what is not exactly one of them is malformed.
import { isText } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, decodeBase64, decodeHex } from "@proxy-wasm-kit/sdk/crypto";
import { MAC_SIZE, Verification } from "./verification";

/** What some senders put before it. */
const PREFIX = "sha256=";

/** Digits of 32 bytes in hex, and in base64 without and with padding. */
const HEX = 64;
const BASE64 = 43;
const BASE64_PADDED = 44;

/** Decodes `size` bytes of text into the verification; false when it is malformed. */
export function decodeSignature(ptr: usize, size: i32, verification: Verification): bool {
  if (size > PREFIX.length && isText(ptr, PREFIX.length, PREFIX)) {
    ptr += PREFIX.length;
    size -= PREFIX.length;
  }
  const into = verification.claimed;
  if (size == HEX) return decodeHex(ptr, size, into) == MAC_SIZE;
  if (size != BASE64 && size != BASE64_PADDED) return false;
  const alphabet = size == BASE64 || hasUrlDigit(ptr, size) ? Base64Alphabet.Url : Base64Alphabet.Standard;
  return decodeBase64(ptr, size, into, alphabet) == MAC_SIZE;
}

/** Whether a "-" or "_" shows the URL alphabet. */
function hasUrlDigit(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (byte == 0x2d || byte == 0x5f) return true;
  }
  return false;
}
