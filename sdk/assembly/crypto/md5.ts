// MD5 (RFC 1321), for Content-MD5 and other checksums that old protocols ask for. It is broken: never a proof by itself.
import { Hash } from "./hash";

export class Md5 extends Hash {
  constructor() {
    super(16, 4, initialState());
  }

  protected compress(state: usize, ptr: usize, count: i32): void {
    for (; count != 0; --count, ptr += 64) compress(state, ptr);
  }

  /** Little endian, unlike the others'. */
  protected storeLength(at: usize, bits: u64): void {
    store<u64>(at, bits);
  }
}

/** The state is kept with its bytes turned round, as `digest` turns them once more. */
function compress(state: usize, ptr: usize): void {
  let a = bswap(load<u32>(state, 0));
  let b = bswap(load<u32>(state, 4));
  let c = bswap(load<u32>(state, 8));
  let d = bswap(load<u32>(state, 12));
  for (let t = 0; t < 64; ++t) {
    // Section 3.4: the function, the order of words and the rotations change every sixteen steps.
    const round = t >> 4;
    let mixed: u32;
    let word: i32;
    if (round == 0) {
      mixed = d ^ (b & (c ^ d));
      word = t;
    } else if (round == 1) {
      mixed = c ^ (d & (b ^ c));
      word = t * 5 + 1;
    } else if (round == 2) {
      mixed = b ^ c ^ d;
      word = t * 3 + 5;
    } else {
      mixed = c ^ (b | ~d);
      word = t * 7;
    }
    const sum = a + mixed + load<u32>(table() + (t << 2)) + load<u32>(ptr + ((word & 15) << 2));
    a = d;
    d = c;
    c = b;
    b += rotl(sum, load<u8>(rotations() + ((round << 2) | (t & 3))));
  }
  store<u32>(state, bswap(bswap(load<u32>(state, 0)) + a), 0);
  store<u32>(state, bswap(bswap(load<u32>(state, 4)) + b), 4);
  store<u32>(state, bswap(bswap(load<u32>(state, 8)) + c), 8);
  store<u32>(state, bswap(bswap(load<u32>(state, 12)) + d), 12);
}

// Tables are in functions, so that they are in a module only with the hash that needs them.

/** Section 3.3, with the bytes turned round. */
function initialState(): usize {
  return memory.data<u32>([0x01234567, 0x89abcdef, 0xfedcba98, 0x76543210, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/** By round, then by step modulo 4. */
function rotations(): usize {
  return memory.data<u8>([7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21]);
}

/** Section 3.4: 2^32 times the sine of 1 to 64. */
function table(): usize {
  return memory.data<u32>([
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501, 0x698098d8,
    0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821, 0xf61e2562, 0xc040b340,
    0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8, 0x21e1cde6, 0xc33707d6, 0xf4d50d87,
    0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a, 0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c,
    0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70, 0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039,
    0xe6db99e5, 0x1fa27cf8, 0xc4ac5665, 0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92,
    0xffeff47d, 0x85845dd1, 0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb,
    0xeb86d391,
  ]);
}
