// The names of headers: tokens of RFC 9110 section 5.6.2.

/** Turns a token to lower case where it stands; false when it is empty or has other characters. */
export function lowerToken(ptr: usize, length: i32): bool {
  for (let i = 0; i < length; ++i) {
    const byte = <i32>load<u8>(ptr + i);
    const letter = byte | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) store<u8>(ptr + i, letter);
    else if ((byte < 0x30 || byte > 0x39) && !isTokenMark(byte)) return false;
  }
  return length != 0;
}

/** One of !#$%&'*+-.^_`|~ */
function isTokenMark(byte: i32): bool {
  if (byte < 0x20) return false;
  // A bit for each of 0x20-0x3f.
  if (byte < 0x40) return ((0x6cfa >> (byte - 0x20)) & 1) != 0;
  return byte == 0x5e || byte == 0x5f || byte == 0x60 || byte == 0x7c || byte == 0x7e;
}
