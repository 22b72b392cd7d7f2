// What both forms of SHA-256 share: the functions and constants of a round.

/** The functions of FIPS 180-4 section 4.1.2; a class, as only its members can be inlined by name. */
export class Round {
  @inline
  static sum0(a: u32): u32 {
    return rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
  }

  @inline
  static sum1(e: u32): u32 {
    return rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
  }

  @inline
  static choose(e: u32, f: u32, g: u32): u32 {
    return g ^ (e & (f ^ g));
  }

  @inline
  static majority(a: u32, b: u32, c: u32): u32 {
    return (a & b) | (c & (a | b));
  }
}

/**
 * Section 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. In a function, so that
 * they are in a module only with the hash that needs them.
 */
export function roundConstants(): usize {
  return memory.data<u32>([
    0x428a2f98,
    0x71374491,
    0xb5c0fbcf,
    0xe9b5dba5, // rounds 0-3
    0x3956c25b,
    0x59f111f1,
    0x923f82a4,
    0xab1c5ed5, // rounds 4-7
    0xd807aa98,
    0x12835b01,
    0x243185be,
    0x550c7dc3, // rounds 8-11
    0x72be5d74,
    0x80deb1fe,
    0x9bdc06a7,
    0xc19bf174, // rounds 12-15
    0xe49b69c1,
    0xefbe4786,
    0x0fc19dc6,
    0x240ca1cc, // rounds 16-19
    0x2de92c6f,
    0x4a7484aa,
    0x5cb0a9dc,
    0x76f988da, // rounds 20-23
    0x983e5152,
    0xa831c66d,
    0xb00327c8,
    0xbf597fc7, // rounds 24-27
    0xc6e00bf3,
    0xd5a79147,
    0x06ca6351,
    0x14292967, // rounds 28-31
    0x27b70a85,
    0x2e1b2138,
    0x4d2c6dfc,
    0x53380d13, // rounds 32-35
    0x650a7354,
    0x766a0abb,
    0x81c2c92e,
    0x92722c85, // rounds 36-39
    0xa2bfe8a1,
    0xa81a664b,
    0xc24b8b70,
    0xc76c51a3, // rounds 40-43
    0xd192e819,
    0xd6990624,
    0xf40e3585,
    0x106aa070, // rounds 44-47
    0x19a4c116,
    0x1e376c08,
    0x2748774c,
    0x34b0bcb5, // rounds 48-51
    0x391c0cb3,
    0x4ed8aa4a,
    0x5b9cca4f,
    0x682e6ff3, // rounds 52-55
    0x748f82ee,
    0x78a5636f,
    0x84c87814,
    0x8cc70208, // rounds 56-59
    0x90befffa,
    0xa4506ceb,
    0xbef9a3f7,
    0xc67178f2, // rounds 60-63
  ]);
}
