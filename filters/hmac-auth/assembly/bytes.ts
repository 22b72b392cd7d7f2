// Runs of bytes, none of them secret: what a request says is looked at where the host has put it.

/** Whether two runs of bytes are equal. Not for secrets. */
export function same(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

export function isBytes(ptr: usize, size: i32, text: ArrayBuffer): bool {
  return size == text.byteLength && same(ptr, changetype<usize>(text), size);
}

export function startsWith(ptr: usize, size: i32, text: ArrayBuffer): bool {
  return size >= text.byteLength && same(ptr, changetype<usize>(text), text.byteLength);
}

/** Where `text` first is; -1 when it is not there. */
export function find(ptr: usize, size: i32, text: ArrayBuffer): i32 {
  const last = size - text.byteLength;
  for (let i = 0; i <= last; ++i) if (same(ptr + i, changetype<usize>(text), text.byteLength)) return i;
  return -1;
}

/** Where the byte first is; `size` when it is not there. */
export function findByte(ptr: usize, size: i32, byte: i32): i32 {
  let at = 0;
  while (at < size && <i32>load<u8>(ptr + at) != byte) ++at;
  return at;
}

/** The value of a hex digit in either case; -1 when it is none. */
export function hexValue(byte: i32): i32 {
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x66) return letter - 0x57;
  return byte >= 0x30 && byte <= 0x39 ? byte - 0x30 : -1;
}
