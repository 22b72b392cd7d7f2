/** `verify_signature` and `sign`. Source: envoy source/common/crypto/utility_impl.cc. */
import { sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import { Status } from "../abi.ts";
import { type ByteString, lowerCase } from "../byte-string.ts";
import { bytesField, type Fields, parseMessage, serializeMessage, stringField } from "../protobuf.ts";
import type { Vm } from "../vm.ts";
import { type Digest, privateKey, privateKeyOfPem, publicKey, publicKeyOfPem, unusable } from "./keys.ts";

interface Hash {
  readonly digest: (text: Uint8Array) => Uint8Array;
  /** See `Digest`. */
  readonly prefix: Uint8Array;
}

const sha2 = (digest: Hash["digest"], last: number, size: number): Hash => ({
  digest,
  prefix: Uint8Array.of(0x30, 0x11 + size, 0x30, 13, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, last, 5, 0, 4, size),
});

const hashes = new Map<string, Hash>([
  ["sha1", { digest: sha1, prefix: Uint8Array.of(0x30, 0x21, 0x30, 9, 6, 5, 0x2b, 0x0e, 3, 2, 0x1a, 5, 0, 4, 20) }],
  ["sha224", sha2(sha224, 4, 28)],
  ["sha256", sha2(sha256, 1, 32)],
  ["sha384", sha2(sha384, 2, 48)],
  ["sha512", sha2(sha512, 3, 64)],
]);

/**
 * `verify_signature({hash_function = 1, public_key = 2, signature = 3, text = 4, public_key_pem = 5})`
 * -> `{result = 1, error = 2}`. The key is a DER `SubjectPublicKeyInfo`, or PEM; of RSA or of an elliptic curve.
 * Results: Ok, also when it does not verify; BadArgument (malformed; no key or two).
 */
export function verifySignature(_vm: Vm, values: Uint8Array): Uint8Array | Status {
  const request = parse(values, 2, 5, publicKey, publicKeyOfPem);
  if (request === null) return Status.BadArgument;
  const { fields, name, hash, key } = request;
  const fail = (error: ByteString) => serializeMessage({ 2: error });
  if (hash === undefined) return fail(`${name} is not supported.`);
  if (key === null) return fail("Failed to initialize digest verify.");
  const isRight = key.verify(digestOf(hash, bytesField(fields, 4)), bytesField(fields, 3));
  return isRight ? serializeMessage({ 1: 1 }) : fail("Failed to verify digest. Error code: 0");
}

/**
 * `sign({hash_function = 1, private_key = 2, text = 3, private_key_pem = 4})` -> `{result = 1, signature = 2, error = 3}`
 * The key is DER of PKCS #8, or PEM; of RSA or of an elliptic curve, whose signatures are never the same.
 * Results: Ok, also when it cannot sign; BadArgument (malformed; no key or two).
 */
export function sign(vm: Vm, values: Uint8Array): Uint8Array | Status {
  const request = parse(values, 2, 4, privateKey, privateKeyOfPem);
  if (request === null) return Status.BadArgument;
  const { fields, name, hash, key } = request;
  const fail = (error: ByteString) => serializeMessage({ 3: error });
  if (hash === undefined) return fail(`${name} is not supported.`);
  if (key === null) return fail("Invalid key type: private key required for signing operation.");
  if (key === unusable) return fail("Invalid private key: key data is corrupted or malformed.");
  const signature = key.sign(digestOf(hash, bytesField(fields, 3)), vm.services.random);
  return signature === null ? fail("Failed to create signature.") : serializeMessage({ 1: 1, 2: signature });
}

const digestOf = ({ digest, prefix }: Hash, text: Uint8Array): Digest => ({ bytes: digest(text), prefix });

function parse<Key>(
  values: Uint8Array,
  derField: number,
  pemField: number,
  ofDer: (der: Uint8Array) => Key | null,
  ofPem: (pem: string) => Key | null,
): {
  readonly fields: Fields;
  readonly name: ByteString;
  readonly hash: Hash | undefined;
  readonly key: Key | null;
} | null {
  const fields = parseMessage(values);
  const name = fields && stringField(fields, 1);
  const pem = fields && stringField(fields, pemField);
  if (fields === null || name === null || pem === null) return null;
  const der = bytesField(fields, derField);
  if (der.length > 0 === (pem !== "")) return null;
  return { fields, name, hash: hashes.get(lowerCase(name)), key: pem === "" ? ofDer(der) : ofPem(pem) };
}
