// The SDK's compare, and one that stops at the first difference, called so often that a clock can tell.
import { equal } from "@proxy-wasm-kit/sdk/crypto";

/** Two digests of 32 bytes. */
export function room(): usize {
  return memory.data(64, 16);
}

export function constant(a: usize, b: usize, size: i32, repeats: i32): i32 {
  let count = 0;
  for (let i = 0; i < repeats; ++i) count += i32(equal(a, b, size));
  return count;
}

export function leaky(a: usize, b: usize, size: i32, repeats: i32): i32 {
  let count = 0;
  for (let i = 0; i < repeats; ++i) count += i32(stopsEarly(a, b, size));
  return count;
}

function stopsEarly(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}
