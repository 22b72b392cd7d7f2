// Base64 (RFC 4648), strictly: no blanks, and one text only for any bytes: the unused bits at the end are zero.

export enum Base64Alphabet {
  /** Section 4, with its padding. */
  Standard,
  /** Section 5 ("-" and "_"), with its padding or with none. */
  Url,
}

/** Decodes to `into` (at most size / 4 * 3 bytes); returns the bytes written, -1 when it is no base64. */
export function decodeBase64(from: usize, size: i32, into: usize, alphabet: Base64Alphabet): i32 {
  let digits = size;
  while (digits > 0 && size - digits < 2 && load<u8>(from + digits - 1) == 0x3d) --digits;
  const padded = digits != size || alphabet == Base64Alphabet.Standard;
  if (padded && (size & 3) != 0) return -1;
  if ((digits & 3) == 1) return -1;
  let bits: u32 = 0;
  let written = 0;
  for (let i = 0; i < digits; ++i) {
    const value = valueOf(load<u8>(from + i), alphabet);
    if (value < 0) return -1;
    bits = (bits << 6) | value;
    // Every digit but the first of four completes a byte; what is left in `bits` are 4, 2, 0 bits.
    const left = 6 - ((i & 3) << 1);
    if (left == 6) continue;
    store<u8>(into + written++, bits >> left);
    bits &= (1 << left) - 1;
  }
  return bits == 0 ? written : -1;
}

/** Writes the digits of `size` bytes to `into`, Standard with its padding and Url without; returns how many. */
export function encodeBase64(from: usize, size: i32, into: usize, alphabet: Base64Alphabet): i32 {
  let digits = 0;
  for (let i = 0; i < size; i += 3) {
    const left = size - i;
    let bits = (<u32>load<u8>(from + i)) << 16;
    if (left > 1) bits |= (<u32>load<u8>(from + i + 1)) << 8;
    if (left > 2) bits |= <u32>load<u8>(from + i + 2);
    const count = min(left, 3) + 1;
    for (let k = 0; k < count; ++k) store<u8>(into + digits++, digitOf((bits >> (18 - 6 * k)) & 63, alphabet));
  }
  if (alphabet == Base64Alphabet.Standard) while ((digits & 3) != 0) store<u8>(into + digits++, 0x3d);
  return digits;
}

function digitOf(value: u32, alphabet: Base64Alphabet): u32 {
  if (value < 26) return value + 0x41;
  if (value < 52) return value + 0x47;
  if (value < 62) return value - 4;
  const url = alphabet == Base64Alphabet.Url;
  return value == 62 ? (url ? 0x2d : 0x2b) : url ? 0x5f : 0x2f;
}

function valueOf(byte: i32, alphabet: Base64Alphabet): i32 {
  if (byte >= 0x41 && byte <= 0x5a) return byte - 0x41;
  if (byte >= 0x61 && byte <= 0x7a) return byte - 0x61 + 26;
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30 + 52;
  if (alphabet == Base64Alphabet.Url) return byte == 0x2d ? 62 : byte == 0x5f ? 63 : -1;
  return byte == 0x2b ? 62 : byte == 0x2f ? 63 : -1;
}
