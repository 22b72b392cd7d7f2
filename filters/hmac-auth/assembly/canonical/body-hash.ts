// The digests of the whole body that the host holds, for a header that says it, and SHA-256 of texts.
import { BufferKind, BufferReader, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, encodeBase64, encodeHex, Hash, Sha256 } from "@proxy-wasm-kit/sdk/crypto";
import { Attempt, computedRoom } from "../attempt";

const sha256 = new Sha256();
const reader = new BufferReader(BufferKind.HttpRequestBody, 0);

/** Appends it in base64. */
export function appendBodyDigest(to: StringBuilder, hash: Hash = sha256): void {
  digestBody(hash);
  const digits = memory.data(44);
  to.appendBytes(digits, encodeBase64(computedRoom(), hash.digestSize, digits, Base64Alphabet.Standard));
}

/** Writes the 64 digits of the SHA-256 of the body, of which all is there; false when it is another one by now. */
export function hashBody(attempt: Attempt, into: usize): bool {
  // A request without a body has no buffer to read.
  let size = 0;
  if (attempt.bodyBytes == 0) sha256.reset();
  else size = updateWithBody(sha256);
  endHash(into);
  return size == attempt.bodyBytes;
}

/** The same of two runs of bytes. */
export function hashOf(text: StringBuilder, ptr: usize, size: i32, into: usize): void {
  sha256.reset();
  sha256.update(text.ptr, text.length);
  sha256.update(ptr, size);
  endHash(into);
}

function digestBody(hash: Hash): void {
  updateWithBody(hash);
  hash.digest(computedRoom());
}

/** How many bytes there are. */
function updateWithBody(hash: Hash): i32 {
  let size = 0;
  hash.reset();
  reader.seek(0);
  while (reader.next()) {
    hash.update(reader.ptr, reader.length);
    size += reader.length;
  }
  return size;
}

function endHash(into: usize): void {
  sha256.digest(computedRoom());
  encodeHex(computedRoom(), 32, into);
}
