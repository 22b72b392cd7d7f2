// The blocks of SHA-256 without SIMD: sixteen rounds written out, four times over, with the last sixteen words of the message
// schedule in variables.
import { Round, roundConstants } from "./sha256-round";

/** Folds `count` blocks at `ptr` into the state. */
export function compressScalar(state: usize, ptr: usize, count: i32): void {
  const end = roundConstants() + 256;
  for (; count != 0; --count, ptr += 64) {
    let a = load<u32>(state, 0);
    let b = load<u32>(state, 4);
    let c = load<u32>(state, 8);
    let d = load<u32>(state, 12);
    let e = load<u32>(state, 16);
    let f = load<u32>(state, 20);
    let g = load<u32>(state, 24);
    let h = load<u32>(state, 28);
    let w0 = bswap(load<u32>(ptr, 0));
    let w1 = bswap(load<u32>(ptr, 4));
    let w2 = bswap(load<u32>(ptr, 8));
    let w3 = bswap(load<u32>(ptr, 12));
    let w4 = bswap(load<u32>(ptr, 16));
    let w5 = bswap(load<u32>(ptr, 20));
    let w6 = bswap(load<u32>(ptr, 24));
    let w7 = bswap(load<u32>(ptr, 28));
    let w8 = bswap(load<u32>(ptr, 32));
    let w9 = bswap(load<u32>(ptr, 36));
    let w10 = bswap(load<u32>(ptr, 40));
    let w11 = bswap(load<u32>(ptr, 44));
    let w12 = bswap(load<u32>(ptr, 48));
    let w13 = bswap(load<u32>(ptr, 52));
    let w14 = bswap(load<u32>(ptr, 56));
    let w15 = bswap(load<u32>(ptr, 60));
    let t: u32 = 0;
    let k = roundConstants();
    while (true) {
      t = h + Round.sum1(e) + Round.choose(e, f, g) + load<u32>(k, 0) + w0;
      d += t;
      h = t + Round.sum0(a) + Round.majority(a, b, c);
      t = g + Round.sum1(d) + Round.choose(d, e, f) + load<u32>(k, 4) + w1;
      c += t;
      g = t + Round.sum0(h) + Round.majority(h, a, b);
      t = f + Round.sum1(c) + Round.choose(c, d, e) + load<u32>(k, 8) + w2;
      b += t;
      f = t + Round.sum0(g) + Round.majority(g, h, a);
      t = e + Round.sum1(b) + Round.choose(b, c, d) + load<u32>(k, 12) + w3;
      a += t;
      e = t + Round.sum0(f) + Round.majority(f, g, h);
      t = d + Round.sum1(a) + Round.choose(a, b, c) + load<u32>(k, 16) + w4;
      h += t;
      d = t + Round.sum0(e) + Round.majority(e, f, g);
      t = c + Round.sum1(h) + Round.choose(h, a, b) + load<u32>(k, 20) + w5;
      g += t;
      c = t + Round.sum0(d) + Round.majority(d, e, f);
      t = b + Round.sum1(g) + Round.choose(g, h, a) + load<u32>(k, 24) + w6;
      f += t;
      b = t + Round.sum0(c) + Round.majority(c, d, e);
      t = a + Round.sum1(f) + Round.choose(f, g, h) + load<u32>(k, 28) + w7;
      e += t;
      a = t + Round.sum0(b) + Round.majority(b, c, d);
      t = h + Round.sum1(e) + Round.choose(e, f, g) + load<u32>(k, 32) + w8;
      d += t;
      h = t + Round.sum0(a) + Round.majority(a, b, c);
      t = g + Round.sum1(d) + Round.choose(d, e, f) + load<u32>(k, 36) + w9;
      c += t;
      g = t + Round.sum0(h) + Round.majority(h, a, b);
      t = f + Round.sum1(c) + Round.choose(c, d, e) + load<u32>(k, 40) + w10;
      b += t;
      f = t + Round.sum0(g) + Round.majority(g, h, a);
      t = e + Round.sum1(b) + Round.choose(b, c, d) + load<u32>(k, 44) + w11;
      a += t;
      e = t + Round.sum0(f) + Round.majority(f, g, h);
      t = d + Round.sum1(a) + Round.choose(a, b, c) + load<u32>(k, 48) + w12;
      h += t;
      d = t + Round.sum0(e) + Round.majority(e, f, g);
      t = c + Round.sum1(h) + Round.choose(h, a, b) + load<u32>(k, 52) + w13;
      g += t;
      c = t + Round.sum0(d) + Round.majority(d, e, f);
      t = b + Round.sum1(g) + Round.choose(g, h, a) + load<u32>(k, 56) + w14;
      f += t;
      b = t + Round.sum0(c) + Round.majority(c, d, e);
      t = a + Round.sum1(f) + Round.choose(f, g, h) + load<u32>(k, 60) + w15;
      e += t;
      a = t + Round.sum0(b) + Round.majority(b, c, d);
      k += 64;
      if (k == end) break;
      w0 += Schedule.sigma0(w1) + w9 + Schedule.sigma1(w14);
      w1 += Schedule.sigma0(w2) + w10 + Schedule.sigma1(w15);
      w2 += Schedule.sigma0(w3) + w11 + Schedule.sigma1(w0);
      w3 += Schedule.sigma0(w4) + w12 + Schedule.sigma1(w1);
      w4 += Schedule.sigma0(w5) + w13 + Schedule.sigma1(w2);
      w5 += Schedule.sigma0(w6) + w14 + Schedule.sigma1(w3);
      w6 += Schedule.sigma0(w7) + w15 + Schedule.sigma1(w4);
      w7 += Schedule.sigma0(w8) + w0 + Schedule.sigma1(w5);
      w8 += Schedule.sigma0(w9) + w1 + Schedule.sigma1(w6);
      w9 += Schedule.sigma0(w10) + w2 + Schedule.sigma1(w7);
      w10 += Schedule.sigma0(w11) + w3 + Schedule.sigma1(w8);
      w11 += Schedule.sigma0(w12) + w4 + Schedule.sigma1(w9);
      w12 += Schedule.sigma0(w13) + w5 + Schedule.sigma1(w10);
      w13 += Schedule.sigma0(w14) + w6 + Schedule.sigma1(w11);
      w14 += Schedule.sigma0(w15) + w7 + Schedule.sigma1(w12);
      w15 += Schedule.sigma0(w0) + w8 + Schedule.sigma1(w13);
    }
    store<u32>(state, load<u32>(state, 0) + a, 0);
    store<u32>(state, load<u32>(state, 4) + b, 4);
    store<u32>(state, load<u32>(state, 8) + c, 8);
    store<u32>(state, load<u32>(state, 12) + d, 12);
    store<u32>(state, load<u32>(state, 16) + e, 16);
    store<u32>(state, load<u32>(state, 20) + f, 20);
    store<u32>(state, load<u32>(state, 24) + g, 24);
    store<u32>(state, load<u32>(state, 28) + h, 28);
  }
}

/** The schedule of section 6.2.2: W(t) = s1(W(t-2)) + W(t-7) + s0(W(t-15)) + W(t-16). */
class Schedule {
  @inline
  static sigma0(x: u32): u32 {
    return rotr(x, 7) ^ rotr(x, 18) ^ (x >> 3);
  }

  @inline
  static sigma1(x: u32): u32 {
    return rotr(x, 17) ^ rotr(x, 19) ^ (x >> 10);
  }
}
