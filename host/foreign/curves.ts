/** The elliptic curves of FIPS 186-4, D.1.2, and arithmetic on them. All have y² = x³ - 3x + b. */

export interface Curve {
  /** Its object identifier, as DER has it. */
  readonly id: string;
  readonly p: bigint;
  readonly b: bigint;
  readonly generator: Point;
  /** Of the generator. */
  readonly order: bigint;
}

export interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** (x / z², y / z³); z = 0 is the point at infinity. */
interface Jacobian extends Point {
  readonly z: bigint;
}

/** Those of BoringSSL. */
export const curves: readonly Curve[] = [
  {
    id: "\x2b\x81\x04\x00\x21", // P-224
    p: 2n ** 224n - 2n ** 96n + 1n,
    b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
    generator: {
      x: 0xb70e0cbd6bb4bf7f321390b94a03c1d356c21122343280d6115c1d21n,
      y: 0xbd376388b5f723fb4c22dfe6cd4375a05a07476444d5819985007e34n,
    },
    order: 0xffffffffffffffffffffffffffff16a2e0b8f03e13dd29455c5c2a3dn,
  },
  {
    id: "\x2a\x86\x48\xce\x3d\x03\x01\x07", // P-256
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    generator: {
      x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
      y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    },
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  {
    id: "\x2b\x81\x04\x00\x22", // P-384
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    generator: {
      x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
      y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    },
    order: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  {
    id: "\x2b\x81\x04\x00\x23", // P-521
    p: 2n ** 521n - 1n,
    b: 0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    generator: {
      x: 0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66n,
      y: 0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650n,
    },
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
];

/** The remainder that is not negative. */
export function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

/** Modulo a prime. */
export function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = modulo(base, modulus);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** Modulo a prime (Fermat). */
export const inverse = (value: bigint, prime: bigint): bigint => power(value, prime - 2n, prime);

const rightSide = (x: bigint, { p, b }: Curve): bigint => modulo(x ** 3n - 3n * x + b, p);

export const isOn = (curve: Curve, { x, y }: Point): boolean =>
  x < curve.p && y < curve.p && modulo(y * y, curve.p) === rightSide(x, curve);

/** The point of that x whose y is odd or even; null when there is none. */
export function pointAt(curve: Curve, x: bigint, isOdd: boolean): Point | null {
  const { p } = curve;
  if (p % 4n !== 3n) return null; // P-224, whose keys nobody compresses
  const root = power(rightSide(x, curve), (p + 1n) / 4n, p);
  const point = { x, y: ((root & 1n) === 1n) === isOdd ? root : p - root };
  return isOn(curve, point) ? point : null;
}

/** The sum of multiples of points; null at infinity. */
export function combine(curve: Curve, terms: readonly (readonly [factor: bigint, point: Point])[]): Point | null {
  let sum: Jacobian = { x: 1n, y: 1n, z: 0n };
  for (const [factor, point] of terms) sum = add(curve, sum, multiply(curve, factor, { ...point, z: 1n }));
  if (sum.z === 0n) return null;
  const { p } = curve;
  const toOne = inverse(sum.z, p);
  return { x: modulo(sum.x * toOne ** 2n, p), y: modulo(sum.y * toOne ** 3n, p) };
}

function multiply(curve: Curve, factor: bigint, point: Jacobian): Jacobian {
  let result: Jacobian = { x: 1n, y: 1n, z: 0n };
  let doubled = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(curve, result, doubled);
    doubled = double(curve, doubled);
  }
  return result;
}

// Source: https://hyperelliptic.org/EFD/g1p/auto-shortw-jacobian-3.html, dbl-2001-b.
function double({ p }: Curve, { x, y, z }: Jacobian): Jacobian {
  const delta = modulo(z * z, p);
  const gamma = modulo(y * y, p);
  const beta = modulo(x * gamma, p);
  const alpha = modulo(3n * (x - delta) * (x + delta), p);
  const doubled = modulo(alpha * alpha - 8n * beta, p);
  return {
    x: doubled,
    y: modulo(alpha * (4n * beta - doubled) - 8n * gamma * gamma, p),
    z: modulo((y + z) ** 2n - gamma - delta, p),
  };
}

function add(curve: Curve, one: Jacobian, other: Jacobian): Jacobian {
  if (one.z === 0n) return other;
  if (other.z === 0n) return one;
  const { p } = curve;
  const [squares, otherSquares] = [modulo(one.z ** 2n, p), modulo(other.z ** 2n, p)];
  const [x, otherX] = [modulo(one.x * otherSquares, p), modulo(other.x * squares, p)];
  const [y, otherY] = [modulo(one.y * other.z * otherSquares, p), modulo(other.y * one.z * squares, p)];
  if (x === otherX) return y === otherY ? double(curve, one) : { x: 1n, y: 1n, z: 0n };
  const h = otherX - x;
  const r = otherY - y;
  const hh = modulo(h * h, p);
  const sumX = modulo(r * r - h * hh - 2n * x * hh, p);
  return { x: sumX, y: modulo(r * (x * hh - sumX) - y * h * hh, p), z: modulo(h * one.z * other.z, p) };
}
