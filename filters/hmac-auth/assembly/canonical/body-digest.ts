// Digests of the body in headers: `Digest` (RFC 3230). All that are known must be right, others are passed over.
import { Base64Alphabet, decodeBase64 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt } from "../attempt";
import { findByte } from "../bytes";
import { sameFolded } from "./components";

const SHA_256 = String.UTF8.encode("sha-256");
const SHA_512 = String.UTF8.encode("sha-512");

/** Whether a `Digest` has one that is known: the body must then have it. */
export function expectDigest(ptr: usize, size: i32, attempt: Attempt): bool {
  const end = ptr + size;
  let seen = 0;
  let at = ptr;
  while (at < end) {
    const next = at + findByte(at, <i32>(end - at), 0x2c);
    seen |= expectElement(at, next, attempt, seen);
    at = next + 1;
  }
  return seen != 0;
}

/** The algorithm that is meant, its letters in either case; -1 when it is not known. */
export function digestAlgorithm(ptr: usize, size: i32): i32 {
  if (size != 7) return -1;
  if (sameFolded(changetype<usize>(SHA_256), ptr, size)) return Algorithm.Sha256;
  return sameFolded(changetype<usize>(SHA_512), ptr, size) ? Algorithm.Sha512 : -1;
}

/** The body must have this digest, in base64. What is no digest is a wrong one: no body has it. */
export function expectBase64(algorithm: Algorithm, ptr: usize, size: i32, attempt: Attempt): void {
  const bytes = digestSize(algorithm);
  const isDigest = size <= 88 && decodeBase64(ptr, size, digestRoom(), Base64Alphabet.Standard) == bytes;
  if (!isDigest) memory.fill(digestRoom(), 0, bytes);
  attempt.expectDigest(algorithm, digestRoom());
}

/** No body has it. */
export function expectNothing(algorithm: Algorithm, attempt: Attempt): void {
  expectBase64(algorithm, 0, 0, attempt);
}

/** One `name=value` between commas; returns the bit of its algorithm, 0 when it is not known. */
function expectElement(from: usize, to: usize, attempt: Attempt, seen: i32): i32 {
  while (from < to && load<u8>(from) <= 0x20) ++from;
  while (from < to && load<u8>(to - 1) <= 0x20) --to;
  const size = <i32>(to - from);
  const name = findByte(from, size, 0x3d);
  const algorithm = digestAlgorithm(from, name);
  if (algorithm < 0 || name == size) return 0;
  const bit = 1 << algorithm;
  // Of two there is no telling which is meant.
  if ((seen & bit) != 0) expectNothing(algorithm, attempt);
  else expectBase64(algorithm, from + name + 1, size - name - 1, attempt);
  return bit;
}

/** Room for what 88 digits decode to. */
function digestRoom(): usize {
  return memory.data(72);
}
