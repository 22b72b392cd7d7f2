// Digests of the body in headers: `Digest` (RFC 3230) and `Content-Digest` (RFC 9530). All that are known must be right,
// others are passed over. A body must be covered by one that is signed, unless the rule says otherwise.
import { Base64Alphabet, decodeBase64 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, digestSize } from "../algorithm";
import { Attempt } from "../attempt";
import { findByte } from "../bytes";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { sameFolded } from "./components";
import { FieldReader, Kind, Step } from "./structured-field";

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

/** The same of a `Content-Digest`. One that is no dictionary is as none. */
export function expectContentDigest(ptr: usize, size: i32, attempt: Attempt): bool {
  return readDictionary(ptr, size, null) && readDictionary(ptr, size, attempt);
}

/** Why a body would be refused, as nothing that is signed covers it. */
export function noteUncovered(reason: Reason, attempt: Attempt): void {
  attempt.tail.clear().appendByte(reason);
}

export function reasonOfUncovered(attempt: Attempt): Reason {
  return <Reason>load<u8>(attempt.tail.ptr);
}

/** Before the body: none that is announced may be without a digest, when bodies are validated. */
export function checkAnnouncedBody(attempt: Attempt, lines: RequestLines): Reason {
  const isUncovered = attempt.wantsBody && !attempt.expectsDigest && lines.announcesMoreThan(0);
  return isUncovered ? reasonOfUncovered(attempt) : Reason.None;
}

/** The verdict over the body, now that all of it is there. */
export function checkBody(attempt: Attempt): Reason {
  if (attempt.wantsBody && attempt.bodyBytes != 0 && !attempt.expectsDigest) return reasonOfUncovered(attempt);
  return attempt.digestsMatch() ? Reason.None : Reason.DigestMismatch;
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

/** Without an attempt: whether it is a dictionary with a digest that is known. With one, takes them. */
function readDictionary(ptr: usize, size: i32, attempt: Attempt | null): bool {
  reader.begin(ptr, size);
  let isKnown = false;
  let step = Step.Some;
  while (step == Step.Some) {
    if (!reader.key()) return false;
    const algorithm = digestAlgorithm(reader.keyPtr, reader.keySize);
    reader.kind = Kind.True;
    if (reader.take(0x3d) && !reader.item()) return false;
    if (algorithm >= 0) {
      isKnown = true;
      const isBytes = reader.kind == Kind.Bytes;
      if (attempt !== null) expectBase64(algorithm, reader.ptr, isBytes ? reader.size : 0, attempt);
    }
    let parameters = reader.parameter();
    while (parameters == Step.Some) parameters = reader.parameter();
    if (parameters == Step.Wrong) return false;
    step = reader.separator();
  }
  return step == Step.Done && isKnown;
}

const reader = new FieldReader();

/** Room for what 88 digits decode to. */
function digestRoom(): usize {
  return memory.data(72);
}
