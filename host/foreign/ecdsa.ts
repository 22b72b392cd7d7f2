/** ECDSA, and the keys for it. Source: FIPS 186-4 section 6, RFC 5480, RFC 5915. */
import { byteString } from "../byte-string.ts";
import { type Curve, combine, curves, inverse, isOn, modulo, type Point, pointAt } from "./curves.ts";
import { attempt, Der, encodeDer, encodeInteger, integer, Tag } from "./der.ts";

/** `id-ecPublicKey`: of keys for any of the curves. */
export const ecPublicKey = "\x2a\x86\x48\xce\x3d\x02\x01";

export interface EcPublicKey {
  readonly curve: Curve;
  readonly point: Point;
}

export interface EcPrivateKey {
  readonly curve: Curve;
  readonly secret: bigint;
}

const curveOf = (parameters: Der): Curve | undefined => {
  const id = parameters.takeObjectIdentifier();
  return curves.find((curve) => curve.id === id);
};

/** `point`: as RFC 5480 has it, behind the count of unused bits. Null when it is not on a curve of ours. */
export function publicKey(parameters: Der, bits: Uint8Array): EcPublicKey | null {
  const curve = curveOf(parameters);
  if (curve === undefined) return null;
  const size = sizeOf(curve.p);
  const [, form, ...coordinates] = bits;
  const [x, y] = [coordinates.slice(0, size), coordinates.slice(size)].map((bytes) => integer(Uint8Array.from(bytes)));
  if (x === undefined || y === undefined) return null;
  if (form === 4 && coordinates.length === 2 * size) return isOn(curve, { x, y }) ? { curve, point: { x, y } } : null;
  if ((form !== 2 && form !== 3) || coordinates.length !== size) return null;
  const point = pointAt(curve, x, form === 3);
  return point && { curve, point };
}

/** Out of an `ECPrivateKey`, which names its curve itself where there are no `parameters`. */
export function privateKey(der: Uint8Array, parameters?: Der): EcPrivateKey | null {
  return attempt(() => {
    const key = new Der(der).take(Tag.Sequence);
    key.takeInteger(); // version
    const secret = integer(key.take(Tag.OctetString).bytes);
    const curve = curveOf(parameters ?? key.take(Tag.First));
    return curve !== undefined && secret > 0n && secret < curve.order ? { curve, secret } : null;
  });
}

export function sign(
  { curve, secret }: EcPrivateKey,
  digest: Uint8Array,
  random: (bytes: Uint8Array<ArrayBuffer>) => void,
) {
  const { order, generator } = curve;
  for (;;) {
    const bytes = new Uint8Array(2 * sizeOf(order));
    random(bytes);
    const nonce = modulo(integer(bytes), order);
    const r = modulo(combine(curve, [[nonce, generator]])?.x ?? 0n, order);
    const s = modulo(inverse(nonce, order) * (truncated(digest, order) + r * secret), order);
    if (r !== 0n && s !== 0n) return encoded(r, s);
  }
}

export function verify({ curve, point }: EcPublicKey, digest: Uint8Array, signature: Uint8Array): boolean {
  const { order, generator } = curve;
  const numbers = attempt(() => {
    const sequence = new Der(signature).take(Tag.Sequence);
    return [sequence.takeInteger(), sequence.takeInteger()] as const;
  });
  if (numbers === null) return false;
  const [r, s] = numbers;
  // BoringSSL takes no other encoding than its own.
  if (byteString(encoded(r, s)) !== byteString(signature)) return false;
  if (r === 0n || r >= order || s === 0n || s >= order) return false;
  const w = inverse(s, order);
  const sum = combine(curve, [
    [modulo(truncated(digest, order) * w, order), generator],
    [modulo(r * w, order), point],
  ]);
  return sum !== null && modulo(sum.x, order) === r;
}

const encoded = (r: bigint, s: bigint): Uint8Array => encodeDer(Tag.Sequence, [encodeInteger(r), encodeInteger(s)]);

/** The first bits of a digest, as many as the order has. */
function truncated(digest: Uint8Array, order: bigint): bigint {
  const excess = digest.length * 8 - order.toString(2).length;
  return excess > 0 ? integer(digest) >> BigInt(excess) : integer(digest);
}

const sizeOf = (value: bigint): number => Math.ceil(value.toString(2).length / 8);
