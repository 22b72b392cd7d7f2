// SHA-512 and SHA-384 (FIPS 180-4).
import { Hash } from "./hash";

export class Sha512 extends Hash {
  constructor() {
    super(64, 8, initialState512());
  }

  protected compress(state: usize, ptr: usize, count: i32): void {
    for (; count != 0; --count, ptr += 128) compress(state, ptr);
  }
}

export class Sha384 extends Hash {
  constructor() {
    super(48, 8, initialState384());
  }

  protected compress(state: usize, ptr: usize, count: i32): void {
    for (; count != 0; --count, ptr += 128) compress(state, ptr);
  }
}

function compress(state: usize, ptr: usize): void {
  let a = load<u64>(state, 0);
  let b = load<u64>(state, 8);
  let c = load<u64>(state, 16);
  let d = load<u64>(state, 24);
  let e = load<u64>(state, 32);
  let f = load<u64>(state, 40);
  let g = load<u64>(state, 48);
  let h = load<u64>(state, 56);
  for (let t = 0; t < 80; ++t) {
    const at = scheduleRoom() + ((t & 15) << 3);
    let w: u64;
    if (t < 16) {
      w = bswap(load<u64>(ptr + (t << 3)));
    } else {
      const x = load<u64>(scheduleRoom() + (((t + 1) & 15) << 3));
      const y = load<u64>(scheduleRoom() + (((t + 14) & 15) << 3));
      const s0 = rotr(x, 1) ^ rotr(x, 8) ^ (x >> 7);
      const s1 = rotr(y, 19) ^ rotr(y, 61) ^ (y >> 6);
      w = load<u64>(at) + s0 + load<u64>(scheduleRoom() + (((t + 9) & 15) << 3)) + s1;
    }
    store<u64>(at, w);
    const sum1 = rotr(e, 14) ^ rotr(e, 18) ^ rotr(e, 41);
    const sum0 = rotr(a, 28) ^ rotr(a, 34) ^ rotr(a, 39);
    const t1 = h + sum1 + (g ^ (e & (f ^ g))) + load<u64>(roundConstants() + (t << 3)) + w;
    const t2 = sum0 + ((a & b) | (c & (a | b)));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  add(state, 0, a);
  add(state, 8, b);
  add(state, 16, c);
  add(state, 24, d);
  add(state, 32, e);
  add(state, 40, f);
  add(state, 48, g);
  add(state, 56, h);
}

function add(state: usize, offset: usize, value: u64): void {
  store<u64>(state + offset, load<u64>(state + offset) + value);
}

// Tables are in functions, so that they are in a module only with the hash that needs them.

/** Section 5.3.5: the first 64 bits of the fractional parts of the square roots of the first 8 primes. */
function initialState512(): usize {
  return memory.data<u64>([
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1, 0x510e527fade682d1,
    0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
  ]);
}

/** Section 5.3.4: the same of the ninth to sixteenth prime. */
function initialState384(): usize {
  return memory.data<u64>([
    0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17, 0x152fecd8f70e5939, 0x67332667ffc00b31,
    0x8eb44a8768581511, 0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4,
  ]);
}

/** Section 4.2.3: the first 64 bits of the fractional parts of the cube roots of the first 80 primes. */
function roundConstants(): usize {
  return memory.data<u64>([
    0x428a2f98d728ae22,
    0x7137449123ef65cd,
    0xb5c0fbcfec4d3b2f,
    0xe9b5dba58189dbbc, // rounds 0-3
    0x3956c25bf348b538,
    0x59f111f1b605d019,
    0x923f82a4af194f9b,
    0xab1c5ed5da6d8118, // rounds 4-7
    0xd807aa98a3030242,
    0x12835b0145706fbe,
    0x243185be4ee4b28c,
    0x550c7dc3d5ffb4e2, // rounds 8-11
    0x72be5d74f27b896f,
    0x80deb1fe3b1696b1,
    0x9bdc06a725c71235,
    0xc19bf174cf692694, // rounds 12-15
    0xe49b69c19ef14ad2,
    0xefbe4786384f25e3,
    0x0fc19dc68b8cd5b5,
    0x240ca1cc77ac9c65, // rounds 16-19
    0x2de92c6f592b0275,
    0x4a7484aa6ea6e483,
    0x5cb0a9dcbd41fbd4,
    0x76f988da831153b5, // rounds 20-23
    0x983e5152ee66dfab,
    0xa831c66d2db43210,
    0xb00327c898fb213f,
    0xbf597fc7beef0ee4, // rounds 24-27
    0xc6e00bf33da88fc2,
    0xd5a79147930aa725,
    0x06ca6351e003826f,
    0x142929670a0e6e70, // rounds 28-31
    0x27b70a8546d22ffc,
    0x2e1b21385c26c926,
    0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, // rounds 32-35
    0x650a73548baf63de,
    0x766a0abb3c77b2a8,
    0x81c2c92e47edaee6,
    0x92722c851482353b, // rounds 36-39
    0xa2bfe8a14cf10364,
    0xa81a664bbc423001,
    0xc24b8b70d0f89791,
    0xc76c51a30654be30, // rounds 40-43
    0xd192e819d6ef5218,
    0xd69906245565a910,
    0xf40e35855771202a,
    0x106aa07032bbd1b8, // rounds 44-47
    0x19a4c116b8d2d0c8,
    0x1e376c085141ab53,
    0x2748774cdf8eeb99,
    0x34b0bcb5e19b48a8, // rounds 48-51
    0x391c0cb3c5c95a63,
    0x4ed8aa4ae3418acb,
    0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, // rounds 52-55
    0x748f82ee5defb2fc,
    0x78a5636f43172f60,
    0x84c87814a1f0ab72,
    0x8cc702081a6439ec, // rounds 56-59
    0x90befffa23631e28,
    0xa4506cebde82bde9,
    0xbef9a3f7b2c67915,
    0xc67178f2e372532b, // rounds 60-63
    0xca273eceea26619c,
    0xd186b8c721c0c207,
    0xeada7dd6cde0eb1e,
    0xf57d4f7fee6ed178, // rounds 64-67
    0x06f067aa72176fba,
    0x0a637dc5a2c898a6,
    0x113f9804bef90dae,
    0x1b710b35131c471b, // rounds 68-71
    0x28db77f523047d84,
    0x32caab7b40c72493,
    0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, // rounds 72-75
    0x4cc5d4becb3e42b6,
    0x597f299cfc657e2a,
    0x5fcb6fab3ad6faec,
    0x6c44198c4a475817, // rounds 76-79
  ]);
}

/** The last sixteen words of the message schedule, word t at place t mod 16. */
function scheduleRoom(): usize {
  return memory.data(128, 8);
}
