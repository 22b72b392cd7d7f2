/** RSASSA-PKCS1-v1_5 and the keys for it. Source: RFC 8017 sections 8.2 and 9.2, RFC 5280, RFC 5208. */
import { byteString, concat } from "../byte-string.ts";

export interface RsaKey {
  readonly modulus: bigint;
  /** Of a public key to verify with, of a private key to sign with. */
  readonly exponent: bigint;
}

const Tag = { Integer: 0x02, BitString: 0x03, OctetString: 0x04, Sequence: 0x30 } as const;
const rsaEncryption = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00];

/** A key out of a DER `SubjectPublicKeyInfo`; null when it is none, or not RSA's. */
export function publicKey(der: Uint8Array): RsaKey | null {
  return attempt(() => {
    const info = new Der(der).take(Tag.Sequence);
    info.takeAlgorithm();
    const key = new Der(info.take(Tag.BitString).bytes.subarray(1)).take(Tag.Sequence);
    return { modulus: key.takeInteger(), exponent: key.takeInteger() };
  });
}

/** A key out of a DER `PrivateKeyInfo` (PKCS #8); null when it is none, or not RSA's. */
export function privateKey(der: Uint8Array): RsaKey | null {
  return attempt(() => {
    const info = new Der(der).take(Tag.Sequence);
    info.takeInteger();
    info.takeAlgorithm();
    return pkcs1(info.take(Tag.OctetString).bytes);
  });
}

/** Keys out of PEM; a private one may also be of PKCS #1. */
export function publicKeyOfPem(pem: string): RsaKey | null {
  const der = pemBytes(pem, "PUBLIC KEY");
  return der && publicKey(der);
}
export function privateKeyOfPem(pem: string): RsaKey | null {
  const der = pemBytes(pem, "PRIVATE KEY");
  if (der !== null) return privateKey(der);
  const old = pemBytes(pem, "RSA PRIVATE KEY");
  return old && attempt(() => pkcs1(old));
}

/** `prefix` is the DER of the hash's name, which comes before its digest. */
export function sign(key: RsaKey, prefix: Uint8Array, digest: Uint8Array): Uint8Array | null {
  const size = sizeOf(key);
  const message = encode(prefix, digest, size);
  return message && bytesOf(power(integer(message), key), size);
}

export function verify(key: RsaKey, prefix: Uint8Array, digest: Uint8Array, signature: Uint8Array): boolean {
  const size = sizeOf(key);
  const message = encode(prefix, digest, size);
  if (message === null || signature.length !== size || integer(signature) >= key.modulus) return false;
  return byteString(bytesOf(power(integer(signature), key), size)) === byteString(message);
}

/** EMSA-PKCS1-v1_5; null when the key is too short. */
function encode(prefix: Uint8Array, digest: Uint8Array, size: number): Uint8Array | null {
  const padding = size - prefix.length - digest.length - 3;
  if (padding < 8) return null;
  return concat([Uint8Array.of(0, 1), new Uint8Array(padding).fill(0xff), Uint8Array.of(0), prefix, digest]);
}

function power(base: bigint, { exponent, modulus }: RsaKey): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

const sizeOf = ({ modulus }: RsaKey): number => Math.ceil(modulus.toString(16).length / 2);

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const integer = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes) || "0"}`);
const bytesOf = (value: bigint, size: number): Uint8Array =>
  Uint8Array.from(
    value
      .toString(16)
      .padStart(size * 2, "0")
      .match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );

function pkcs1(der: Uint8Array): RsaKey {
  const key = new Der(der).take(Tag.Sequence);
  key.takeInteger(); // version
  const modulus = key.takeInteger();
  key.takeInteger(); // public exponent
  return { modulus, exponent: key.takeInteger() };
}

function pemBytes(pem: string, label: string): Uint8Array | null {
  const body = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`).exec(pem)?.[1];
  if (body === undefined) return null;
  return attempt(() => Uint8Array.from(atob(body.replace(/\s/g, "")), (letter) => letter.charCodeAt(0)));
}

class NotDer extends Error {}

/** Null for what is malformed. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotDer || error instanceof DOMException) return null;
    throw error;
  }
}

/** Reads one value after the other. Throws `NotDer`. */
class Der {
  readonly bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  take(tag: number): Der {
    if (this.#byte() !== tag) throw new NotDer();
    const first = this.#byte();
    let size = first;
    if (first >= 0x80) {
      size = 0;
      for (let left = first & 0x7f; left > 0; left--) size = size * 256 + this.#byte();
    }
    if (this.#at + size > this.bytes.length) throw new NotDer();
    this.#at += size;
    return new Der(this.bytes.subarray(this.#at - size, this.#at));
  }

  takeInteger(): bigint {
    return integer(this.take(Tag.Integer).bytes);
  }

  /** Throws when it is another than RSA. */
  takeAlgorithm(): void {
    const { bytes } = this.take(Tag.Sequence);
    if (byteString(bytes) !== byteString(Uint8Array.from(rsaEncryption))) throw new NotDer();
  }

  #byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw new NotDer();
    return byte;
  }
}
