/** RSASSA-PKCS1-v1_5 and the keys for it. Source: RFC 8017 sections 8.2 and 9.2. */
import { byteString, concat } from "../byte-string.ts";
import { power } from "./curves.ts";
import { attempt, bytesOf, Der, integer, Tag } from "./der.ts";

export const rsaEncryption = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";

export interface RsaKey {
  readonly modulus: bigint;
  /** Of a public key to verify with, of a private key to sign with. */
  readonly exponent: bigint;
}

/** Out of an `RSAPublicKey`, behind the count of unused bits. */
export function publicKey(bits: Uint8Array): RsaKey {
  const key = new Der(bits.subarray(1)).take(Tag.Sequence);
  return { modulus: key.takeInteger(), exponent: key.takeInteger() };
}

/** Out of an `RSAPrivateKey`. */
export function privateKey(der: Uint8Array): RsaKey | null {
  return attempt(() => {
    const key = new Der(der).take(Tag.Sequence);
    key.takeInteger(); // version
    const modulus = key.takeInteger();
    key.takeInteger(); // public exponent
    return { modulus, exponent: key.takeInteger() };
  });
}

/** `prefix` is the DER of the hash's name, which comes before its digest. */
export function sign(key: RsaKey, prefix: Uint8Array, digest: Uint8Array): Uint8Array | null {
  const size = sizeOf(key);
  const message = encode(prefix, digest, size);
  return message && bytesOf(power(integer(message), key.exponent, key.modulus), size);
}

export function verify(key: RsaKey, prefix: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const size = sizeOf(key);
  const message = encode(prefix, digest, size);
  if (message === null || signature.length !== size || integer(signature) >= key.modulus) return false;
  return byteString(bytesOf(power(integer(signature), key.exponent, key.modulus), size)) === byteString(message);
}

/** EMSA-PKCS1-v1_5; null when the key is too short. */
function encode(prefix: Uint8Array, digest: Uint8Array, size: number): Uint8Array | null {
  const padding = size - prefix.length - digest.length - 3;
  if (padding < 8) return null;
  return concat([Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), prefix, digest]);
}

const sizeOf = ({ modulus }: RsaKey): number => Math.ceil(modulus.toString(16).length / 2);
