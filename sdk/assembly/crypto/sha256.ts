// SHA-256 (FIPS 180-4): with SIMD where the compiler may use it (`"enable": ["simd"]`), else without any.
import { Hash } from "./hash";
import { compressScalar } from "./sha256-scalar";
import { compress } from "./sha256-simd";

export class Sha256 extends Hash {
  constructor() {
    super(32, 4, initialState());
  }

  protected compress(state: usize, ptr: usize, count: i32): void {
    if (ASC_FEATURE_SIMD) compress(state, ptr, count);
    else compressScalar(state, ptr, count);
  }
}

/** Section 5.3.3: the first 32 bits of the fractional parts of the square roots of the first 8 primes. In a function, as only modules that use it have it. */
function initialState(): usize {
  return memory.data<u32>([
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19, 0, 0, 0, 0, 0, 0, 0,
    0,
  ]);
}
