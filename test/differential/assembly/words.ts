/** Bytes as words of a script and of a log line, and header maps as the ABI has them. */

function isPlain(byte: u32): bool {
  const isLetter = (byte | 0x20) - 0x61 < 26;
  const isDigit = byte - 0x30 < 10;
  return isLetter || isDigit || byte == 0x2d || byte == 0x5f || byte == 0x2e || byte == 0x2f || byte == 0x3a;
}

/** The bytes of a word of a script. */
export function decode(word: string): ArrayBuffer {
  if (word == "%") return new ArrayBuffer(0);
  const text = word.split("%");
  let size = text[0].length;
  for (let i = 1; i < text.length; i++) size += text[i].length - 1;
  const bytes = new ArrayBuffer(size);
  let at = changetype<usize>(bytes);
  for (let i = 0; i < text.length; i++) {
    let plain = text[i];
    if (i > 0) {
      store<u8>(at++, <u8>parseInt(plain.substr(0, 2), 16));
      plain = plain.substr(2);
    }
    at += String.UTF8.encodeUnsafe(changetype<usize>(plain), plain.length, at);
  }
  return bytes;
}

/** Bytes as a word. */
export function escape(bytes: ArrayBuffer): string {
  return escapeAt(changetype<usize>(bytes), bytes.byteLength);
}

function escapeAt(at: usize, size: u32): string {
  if (size == 0) return "%";
  let text = "";
  for (let i: u32 = 0; i < size; i++) {
    const byte = <u32>load<u8>(at + i);
    text += isPlain(byte) ? String.fromCharCode(byte) : "%" + byte.toString(16).padStart(2, "0");
  }
  return text;
}

export const join = (words: string[]): string => words.join(" ");

/** Serialized pairs out of words from `start`: names and values in turn. */
export function pairsOf(words: ArrayBuffer[], start: i32): ArrayBuffer {
  const count = (words.length - start) / 2;
  let size = 4;
  for (let i = start; i < start + count * 2; i++) size += 4 + words[i].byteLength + 1;
  const buffer = new ArrayBuffer(size);
  const at = changetype<usize>(buffer);
  store<u32>(at, count);
  let data = at + 4 + count * 8;
  for (let i = 0; i < count * 2; i++) {
    const word = words[start + i];
    store<u32>(at + 4 + i * 4, word.byteLength);
    memory.copy(data, changetype<usize>(word), word.byteLength);
    data += word.byteLength + 1;
  }
  return buffer;
}

/** Serialized pairs as "name=value" words. */
export function readPairs(pairs: ArrayBuffer): string {
  if (pairs.byteLength == 0) return "none";
  const at = changetype<usize>(pairs);
  const count = load<u32>(at);
  let data = at + 4 + count * 8;
  let text = "";
  for (let i: u32 = 0; i < count; i++) {
    const nameSize = load<u32>(at + 4 + i * 8);
    const size = load<u32>(at + 8 + i * 8);
    text += (i == 0 ? "" : " ") + escapeAt(data, nameSize) + "=" + escapeAt(data + nameSize + 1, size);
    data += nameSize + 1 + size + 1;
  }
  return text;
}
