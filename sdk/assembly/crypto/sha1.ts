// SHA-1 (FIPS 180-4), for senders that still sign with HMAC-SHA1. Not for new schemes.
import { Hash } from "./hash";

export class Sha1 extends Hash {
  constructor() {
    super(20, 4, initialState());
  }

  protected compress(state: usize, ptr: usize, count: i32): void {
    for (; count != 0; --count, ptr += 64) compress(state, ptr);
  }
}

function compress(state: usize, ptr: usize): void {
  let a = load<u32>(state, 0);
  let b = load<u32>(state, 4);
  let c = load<u32>(state, 8);
  let d = load<u32>(state, 12);
  let e = load<u32>(state, 16);
  for (let t = 0; t < 80; ++t) {
    const at = scheduleRoom() + ((t & 15) << 2);
    const w =
      t < 16 ? bswap(load<u32>(ptr + (t << 2))) : rotl(word(t + 13) ^ word(t + 8) ^ word(t + 2) ^ load<u32>(at), 1);
    store<u32>(at, w);
    // Section 4.1.1 and 4.2.1: the function and the constant change every twenty rounds.
    let mixed: u32;
    if (t < 20) mixed = (d ^ (b & (c ^ d))) + 0x5a827999;
    else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (t < 60) mixed = ((b & c) | (d & (b | c))) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = rotl(a, 5) + mixed + e + w;
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  store<u32>(state, load<u32>(state, 0) + a, 0);
  store<u32>(state, load<u32>(state, 4) + b, 4);
  store<u32>(state, load<u32>(state, 8) + c, 8);
  store<u32>(state, load<u32>(state, 12) + d, 12);
  store<u32>(state, load<u32>(state, 16) + e, 16);
}

function word(t: i32): u32 {
  return load<u32>(scheduleRoom() + ((t & 15) << 2));
}

// Tables are in functions, so that they are in a module only with the hash that needs them.

/** Section 5.3.1. */
function initialState(): usize {
  return memory.data<u32>([
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
}

/** The last sixteen words of the message schedule, word t at place t mod 16. */
function scheduleRoom(): usize {
  return memory.data(64, 4);
}
