// Hexadecimal (RFC 4648 section 8), strictly: an even number of digits and nothing else.

/** Decodes digits in either case to `into` (size / 2 bytes); returns the bytes written, -1 when it is no hex. */
export function decodeHex(from: usize, size: i32, into: usize): i32 {
  return decode(from, size, into, 0x20);
}

/** As `decodeHex`, but capital letters are refused. */
export function decodeLowerHex(from: usize, size: i32, into: usize): i32 {
  return decode(from, size, into, 0);
}

/** Writes `size` bytes as 2 x `size` lower-case digits to `into`. */
export function encodeHex(from: usize, size: i32, into: usize): void {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(from + i);
    store<u8>(into + i * 2, digit(byte >> 4));
    store<u8>(into + i * 2, digit(byte & 15), 1);
  }
}

/** `fold` is or-ed to letters: 0x20 makes capitals small. */
function decode(from: usize, size: i32, into: usize, fold: i32): i32 {
  if ((size & 1) != 0) return -1;
  for (let i = 0; i < size; ++i) {
    const byte = <i32>load<u8>(from + i);
    const letter = byte | fold;
    let value = byte - 48;
    if (letter >= 0x61 && letter <= 0x66) value = letter - 0x57;
    else if (value < 0 || value > 9) return -1;
    const at = into + (i >> 1);
    store<u8>(at, (i & 1) == 0 ? value << 4 : load<u8>(at) | value);
  }
  return size >> 1;
}

function digit(value: u32): u32 {
  return value < 10 ? value + 48 : value + 0x57;
}
