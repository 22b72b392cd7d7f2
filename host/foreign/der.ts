/** Keys and signatures are DER, or PEM around it. Source: ITU-T X.690, RFC 7468. */
import { byteString } from "../byte-string.ts";

export const Tag = {
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectIdentifier: 0x06,
  Sequence: 0x30,
  /** `[0]`, of whatever is in it. */
  First: 0xa0,
} as const;

class NotDer extends Error {}

/** Null for what is malformed. */
export function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof NotDer || error instanceof DOMException) return null;
    throw error;
  }
}

/** Reads one value after the other. Throws `NotDer`. */
export class Der {
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

  /** In its encoding, a byte for each character. */
  takeObjectIdentifier(): string {
    return byteString(this.take(Tag.ObjectIdentifier).bytes);
  }

  #byte(): number {
    const byte = this.bytes[this.#at++];
    if (byte === undefined) throw new NotDer();
    return byte;
  }
}

/** One value. `contents` is shorter than 64 KiB. */
export function encodeDer(tag: number, contents: readonly Uint8Array[]): Uint8Array {
  const size = contents.reduce((sum, { length }) => sum + length, 0);
  const long = size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Uint8Array.from([tag, ...(size < 0x80 ? [size] : long), ...contents.flatMap((part) => [...part])]);
}

export function encodeInteger(value: bigint): Uint8Array {
  const size = Math.floor(value.toString(2).length / 8) + 1; // the first bit is the sign
  return encodeDer(Tag.Integer, [bytesOf(value, size)]);
}

/** What is in a PEM block of that label; null when there is none. */
export function pemBytes(pem: string, label: string): Uint8Array | null {
  const body = new RegExp(`-----BEGIN ${label}-----([^-]*)-----END ${label}-----`).exec(pem)?.[1];
  if (body === undefined) return null;
  return attempt(() => Uint8Array.from(atob(body.replace(/\s/g, "")), (letter) => letter.charCodeAt(0)));
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** Big endian, without sign. */
export const integer = (bytes: Uint8Array): bigint => BigInt(`0x${hex(bytes) || "0"}`);

/** The inverse, at least `size` bytes. */
export const bytesOf = (value: bigint, size: number): Uint8Array =>
  Uint8Array.from(
    value
      .toString(16)
      .padStart(size * 2, "0")
      .match(/../g) ?? [],
    (pair) => parseInt(pair, 16),
  );
