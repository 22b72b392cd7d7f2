// The SHA-256 of the whole body that the host holds, for a header that says it.
import { BufferKind, BufferReader, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Base64Alphabet, encodeBase64, Sha256 } from "@proxy-wasm-kit/sdk/crypto";
import { computedRoom } from "../attempt";

const hash = new Sha256();
const reader = new BufferReader(BufferKind.HttpRequestBody, 0);

/** Appends it in base64. */
export function appendBodyDigest(to: StringBuilder): void {
  hash.reset();
  reader.seek(0);
  while (reader.next()) hash.update(reader.ptr, reader.length);
  hash.digest(computedRoom());
  const digits = memory.data(44);
  to.appendBytes(digits, encodeBase64(computedRoom(), 32, digits, Base64Alphabet.Standard));
}
