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

/** No digit: a bit that no value has. */
const NONE: u32 = 0x100;

/** `fold` is or-ed to letters: 0x20 makes capitals small. */
function decode(from: usize, size: i32, into: usize, fold: u32): i32 {
  if ((size & 1) != 0) return -1;
  let seen: u32 = 0;
  for (let i = 0; i < size; i += 2) {
    const upper = valueOf(load<u8>(from + i), fold);
    const lower = valueOf(load<u8>(from + i, 1), fold);
    store<u8>(into + (i >> 1), (upper << 4) | lower);
    seen |= upper | lower;
  }
  return seen >= NONE ? -1 : size >> 1;
}

/** Without branches: which digits come is random, and a processor that guesses is wrong at every third. */
function valueOf(byte: u32, fold: u32): u32 {
  const number = byte - 48;
  const letter = (byte | fold) - 0x61;
  return select<u32>(number, select<u32>(letter + 10, NONE, letter < 6), number < 10);
}

function digit(value: u32): u32 {
  return value < 10 ? value + 48 : value + 0x57;
}
