// How values cross the border to the host: two words that it writes results into, and the allocator it asks for room.
// The host copies what we hand out and never keeps a pointer; what it hands us is ours. Envoy calls the allocator
// inside the host call that returns the value. Source: proxy-wasm/spec abi-versions/v0.2.1, "Memory management".

/** Results of a host call: pointer, or a number of up to 8 bytes, at 0; size at 8. */
const OUT = memory.data(16, 8);

/** The buffer allocated for the host last; held here so that the collector leaves it alone until it is taken. */
let given: ArrayBuffer | null = null;

/** Room lent to the host for the next value that fits, so that reading it makes no garbage. */
let lent: usize = 0;
let lentSize: usize = 0;

/** Where a host call writes its pointer, or its only number. */
export function outPtr(): usize {
  return OUT;
}

/** Where a host call writes its size. */
export function outSize(): usize {
  return OUT + 8;
}

export function outU32(): u32 {
  return load<u32>(OUT);
}

export function outU64(): u64 {
  return load<u64>(OUT);
}

/** Size in bytes of the value that the last host call returned. */
export function givenSize(): i32 {
  return load<i32>(OUT, 8);
}

/** Gives the host `size` bytes for the value it is about to return. */
export function allocate(size: usize): usize {
  if (size <= lentSize) return lent;
  const buffer = room(size);
  given = buffer;
  return changetype<usize>(buffer);
}

/** A buffer with anything in it, for whoever fills it: `new ArrayBuffer` takes the time to write zeros. */
export function room(size: usize): ArrayBuffer {
  return changetype<ArrayBuffer>(__new(size, idof<ArrayBuffer>()));
}

/** The value that the last host call returned, as a buffer of the filter's own. Only after `Status.Ok`. */
export function take(): ArrayBuffer {
  const buffer = given;
  given = null;
  // The host allocates nothing for a value of length zero.
  return buffer !== null && givenSize() != 0 ? buffer : room(0);
}

/** Lends the host `size` bytes at `ptr` for the next value. `reclaim` must follow the host call. */
export function lend(ptr: usize, size: usize): void {
  lent = ptr;
  lentSize = size;
  given = null;
}

/** Ends a `lend`; returns the buffer that was allocated because the value did not fit, or null. */
export function reclaim(): ArrayBuffer | null {
  lentSize = 0;
  const buffer = given;
  given = null;
  return buffer;
}
