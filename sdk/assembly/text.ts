// Strings are UTF-16 here and bytes at the host. An Encoder builds UTF-8 in a buffer that is used again and again, so that
// a host call allocates nothing, and a message made of parts needs no strings in between.
import { room } from "./memory";

/** A buffer kept between uses is at most this large, so that the longest text of each does not hold memory for ever. */
export const KEEP = 8192;

export class Encoder {
  /** Bytes in use. */
  length: i32 = 0;
  private bytes: ArrayBuffer | null = null;
  private capacity: i32 = 0;

  /** Where the bytes are, until more are appended. */
  get ptr(): usize {
    return changetype<usize>(this.bytes);
  }

  clear(): this {
    this.length = 0;
    if (this.capacity > KEEP) {
      this.bytes = null;
      this.capacity = 0;
    }
    return this;
  }

  /** Replaces the content with `text`. */
  set(text: string): this {
    return this.clear().append(text);
  }

  append(text: string): this {
    const length = text.length;
    const units = changetype<usize>(text);
    const to = this.reserve(length);
    let i = 0;
    // Nearly every text is ASCII to its end.
    for (; i < length; ++i) {
      const code = load<u16>(units + ((<usize>i) << 1));
      if (code >= 0x80) break;
      store<u8>(to + i, code);
    }
    this.length += i;
    for (; i < length; ++i) {
      let code = text.charCodeAt(i);
      // A surrogate without its other half is encoded like any character, as asc's own library does.
      if ((code & 0xfc00) == 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) == 0xdc00) {
        code = ((code & 0x3ff) << 10) + (text.charCodeAt(++i) & 0x3ff) + 0x10000;
      }
      this.appendCodePoint(code);
    }
    return this;
  }

  appendCodePoint(code: i32): this {
    if (code < 0x80) return this.appendByte(code);
    if (code < 0x800) {
      this.appendByte(0xc0 | (code >> 6));
    } else {
      if (code < 0x10000) this.appendByte(0xe0 | (code >> 12));
      else this.appendByte(0xf0 | (code >> 18)).appendByte(0x80 | ((code >> 12) & 63));
      this.appendByte(0x80 | ((code >> 6) & 63));
    }
    return this.appendByte(0x80 | (code & 63));
  }

  appendBytes(from: usize, length: i32): this {
    memory.copy(this.reserve(length), from, length);
    this.length += length;
    return this;
  }

  appendByte(byte: i32): this {
    store<u8>(this.reserve(1), byte);
    this.length += 1;
    return this;
  }

  /** Appends four bytes, little endian. */
  appendWord(value: u32): this {
    store<u32>(this.reserve(4), value);
    this.length += 4;
    return this;
  }

  /** Appends a number in decimal. */
  appendNumber(value: i64): this {
    if (value < 0) this.appendByte(0x2d);
    // The least number has no positive twin but an unsigned one.
    return this.appendDigits(value < 0 ? -value : value);
  }

  private appendDigits(value: u64): this {
    if (value >= 10) this.appendDigits(value / 10);
    return this.appendByte(<i32>(48 + (value % 10)));
  }

  /** Makes ASCII letters small. */
  lower(): this {
    for (let at = this.ptr, end = at + this.length; at < end; ++at) {
      const byte = load<u8>(at);
      if (byte >= 0x41 && byte <= 0x5a) store<u8>(at, byte | 0x20);
    }
    return this;
  }

  /** Whether exactly these bytes are in it. */
  equals(ptr: usize, length: i32): bool {
    return length == this.length && same(ptr, this.ptr, length);
  }

  /** True when a header would be cut short or split in two by what is in the buffer: CR, LF or NUL. */
  hasLineBreak(): bool {
    for (let at = this.ptr, end = at + this.length; at < end; ++at) {
      const byte = load<u8>(at);
      if (byte == 10 || byte == 13 || byte == 0) return true;
    }
    return false;
  }

  toString(): string {
    return decodeAt(this.ptr, this.length);
  }

  /** A copy of what is in it. */
  toBuffer(): ArrayBuffer {
    const buffer = room(this.length);
    memory.copy(changetype<usize>(buffer), this.ptr, this.length);
    return buffer;
  }

  /** Makes room for `more` bytes; returns where they go. */
  private reserve(more: i32): usize {
    const length = this.length;
    const need = length + more;
    if (need > this.capacity) {
      const capacity = max(need, max(this.capacity * 2, 256));
      const larger = room(capacity);
      memory.copy(changetype<usize>(larger), this.ptr, length);
      this.bytes = larger;
      this.capacity = capacity;
    }
    return this.ptr + length;
  }
}

// Two encoders that all host calls share, made when one is first needed.
let sharedFirst: Encoder | null = null;
let sharedSecond: Encoder | null = null;

/** For a call's first text: a name, a key, a message. */
export function first(): Encoder {
  const known = sharedFirst;
  if (known !== null) return known;
  const made = new Encoder();
  sharedFirst = made;
  return made;
}

/** For a call's second text: a value. */
export function second(): Encoder {
  const known = sharedSecond;
  if (known !== null) return known;
  const made = new Encoder();
  sharedSecond = made;
  return made;
}

/** Whether two runs of bytes are equal. Not for secrets: see `crypto/equal`. */
export function same(a: usize, b: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) if (load<u8>(a + i) != load<u8>(b + i)) return false;
  return true;
}

/** Whether the bytes are this text; it must be ASCII. */
export function isText(ptr: usize, size: i32, text: string): bool {
  if (size != text.length) return false;
  const units = changetype<usize>(text);
  for (let i = 0; i < size; ++i) if (load<u8>(ptr + i) != load<u16>(units + ((<usize>i) << 1))) return false;
  return true;
}

/** Text of UTF-8 bytes; see `decodeAt`. */
export function decode(bytes: ArrayBuffer): string {
  return decodeAt(changetype<usize>(bytes), bytes.byteLength);
}

/**
 * Text of UTF-8 bytes. Whatever is no UTF-8 becomes U+FFFD, so that no two byte strings that differ where it matters read the
 * same: asc's own decoder drops what is cut off at the end, and takes overlong forms for ASCII. One U+FFFD stands for each
 * longest part of a sequence, as in browsers. Source: WHATWG Encoding, "UTF-8 decoder".
 */
export function decodeAt(from: usize, size: i32): string {
  const text = __new((<usize>size) << 1, idof<string>());
  const end = from + size;
  let to = text;
  while (from < end) {
    let code: i32 = load<u8>(from++);
    if (code >= 0x80) {
      let more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : 1;
      let least = code == 0xe0 ? 0xa0 : code == 0xf0 ? 0x90 : 0x80;
      let most = code == 0xed ? 0x9f : code == 0xf4 ? 0x8f : 0xbf;
      if (code < 0xc2 || code > 0xf4) most = 0;
      code &= 0x3f >> more;
      while (more > 0 && from < end && <i32>load<u8>(from) >= least && <i32>load<u8>(from) <= most) {
        code = (code << 6) | (<i32>load<u8>(from++) & 0x3f);
        least = 0x80;
        most = 0xbf;
        --more;
      }
      if (more > 0) code = 0xfffd;
      if (code >= 0x10000) {
        store<u16>(to, 0xd7c0 + (code >> 10));
        to += 2;
        code = 0xdc00 | (code & 0x3ff);
      }
    }
    store<u16>(to, code);
    to += 2;
  }
  return changetype<string>(__renew(text, to - text));
}
