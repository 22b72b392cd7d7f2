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
  // Section 4.1.1 and 4.2.1: the function and the constant change every twenty rounds; no loop has a branch in it.
  const words = schedule(ptr);
  let at = words;
  for (; at < words + 80; at += 4) {
    const next = rotl(a, 5) + (d ^ (b & (c ^ d))) + e + load<u32>(at) + 0x5a827999;
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  for (; at < words + 160; at += 4) {
    const next = rotl(a, 5) + (b ^ c ^ d) + e + load<u32>(at) + 0x6ed9eba1;
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  for (; at < words + 240; at += 4) {
    const next = rotl(a, 5) + ((b & c) | (d & (b | c))) + e + load<u32>(at) + 0x8f1bbcdc;
    e = d;
    d = c;
    c = rotl(b, 30);
    b = a;
    a = next;
  }
  for (; at < words + 320; at += 4) {
    const next = rotl(a, 5) + (b ^ c ^ d) + e + load<u32>(at) + 0xca62c1d6;
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

/** Section 6.1.2, step 1: the eighty words of a block; returns where they are. */
function schedule(ptr: usize): usize {
  const words = scheduleRoom();
  let at = words;
  for (; at < words + 64; at += 4, ptr += 4) store<u32>(at, bswap(load<u32>(ptr)));
  for (; at < words + 320; at += 4) {
    store<u32>(at, rotl(load<u32>(at - 12) ^ load<u32>(at - 32) ^ load<u32>(at - 56) ^ load<u32>(at - 64), 1));
  }
  return words;
}

// Tables are in functions, so that they are in a module only with the hash that needs them.

/** Section 5.3.1. */
function initialState(): usize {
  return memory.data<u32>([
    0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ]);
}

function scheduleRoom(): usize {
  return memory.data(320, 4);
}
