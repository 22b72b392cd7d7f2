// One number at the top of a JSON body, found without making anything of the rest. Strict (RFC 8259): a body that is no
// JSON, or that has the name twice, has no such number.
import { hexValue } from "../bytes";
import { NO_TIME, parseTimestamp, Unit } from "./timestamp";

/** Deeper values are refused. */
const MAX_DEPTH = 64;

export enum Found {
  Number,
  Absent,
  Malformed,
}

/** Looks for a member; one object serves one body after the other. */
export class BodyField {
  /** What was found, in milliseconds. */
  timeMs: i64 = NO_TIME;
  private at: usize = 0;
  private end: usize = 0;
  private depth: i32 = 0;

  constructor(
    /** In UTF-8. */
    readonly name: ArrayBuffer,
  ) {}

  find(ptr: usize, size: i32, unit: Unit): Found {
    this.at = ptr;
    this.end = ptr + size;
    this.depth = 0;
    this.timeMs = NO_TIME;
    this.skipBlanks();
    if (this.peek() != 0x7b) return this.skipValue() && this.isAtEnd() ? Found.Absent : Found.Malformed;
    ++this.at;
    let count = 0;
    this.skipBlanks();
    if (this.peek() == 0x7d) {
      ++this.at;
    } else {
      let more = true;
      while (more) {
        const isIt = this.readName();
        if (isIt < 0) return Found.Malformed;
        const start = this.at;
        if (!this.skipValue()) return Found.Malformed;
        if (isIt == 1) {
          ++count;
          this.timeMs = parseTimestamp(start, <i32>(this.at - start), unit);
        }
        this.skipBlanks();
        const byte = this.peek();
        ++this.at;
        more = byte == 0x2c;
        if (!more && byte != 0x7d) return Found.Malformed;
      }
    }
    if (!this.isAtEnd()) return Found.Malformed;
    if (count == 0) return Found.Absent;
    return count == 1 && this.timeMs != NO_TIME ? Found.Number : Found.Malformed;
  }

  /** A name, the colon and blanks: 1 when it is the name looked for, 0 when not, -1 when there is an error. */
  private readName(): i32 {
    this.skipBlanks();
    const start = this.at + 1;
    if (this.peek() != 0x22 || !this.skipString()) return -1;
    const isIt = this.isName(start, this.at - 1);
    this.skipBlanks();
    if (this.peek() != 0x3a) return -1;
    ++this.at;
    this.skipBlanks();
    return isIt ? 1 : 0;
  }

  /** Whether a string, escapes and all, is the name. */
  private isName(from: usize, end: usize): bool {
    const name = changetype<usize>(this.name);
    const size = this.name.byteLength;
    let at = 0;
    while (from < end) {
      let byte = <i32>load<u8>(from++);
      if (byte == 0x5c) {
        byte = <i32>load<u8>(from++);
        if (byte == 0x75) {
          byte = hex4(from);
          from += 4;
          // A name that can be configured is matched in ASCII only when it is escaped.
          if (byte >= 0x80) return false;
        } else {
          byte = unescape(byte);
        }
      }
      if (at == size || byte != <i32>load<u8>(name + at)) return false;
      ++at;
    }
    return at == size;
  }

  private skipValue(): bool {
    const byte = this.peek();
    if (byte == 0x22) return this.skipString();
    if (byte == 0x7b) return this.skipNested(0x7d, true);
    if (byte == 0x5b) return this.skipNested(0x5d, false);
    if (byte == 0x74) return this.skipWord("true");
    if (byte == 0x66) return this.skipWord("false");
    if (byte == 0x6e) return this.skipWord("null");
    return this.skipNumber();
  }

  private skipNested(close: i32, isObject: bool): bool {
    if (++this.depth > MAX_DEPTH) return false;
    ++this.at;
    this.skipBlanks();
    if (this.peek() == close) {
      ++this.at;
      --this.depth;
      return true;
    }
    let more = true;
    while (more) {
      if (isObject) {
        if (this.readName() < 0) return false;
      } else {
        this.skipBlanks();
      }
      if (!this.skipValue()) return false;
      this.skipBlanks();
      const byte = this.peek();
      ++this.at;
      more = byte == 0x2c;
      if (!more && byte != close) return false;
    }
    --this.depth;
    return true;
  }

  private skipString(): bool {
    ++this.at;
    while (this.at < this.end) {
      const byte = <i32>load<u8>(this.at++);
      if (byte == 0x22) return true;
      if (byte < 0x20) return false;
      if (byte != 0x5c) continue;
      const escape = this.peek();
      ++this.at;
      if (escape == 0x75) {
        if (this.end - this.at < 4 || hex4(this.at) < 0) return false;
        this.at += 4;
      } else if (unescape(escape) < 0) {
        return false;
      }
    }
    return false;
  }

  private skipNumber(): bool {
    if (this.peek() == 0x2d) ++this.at;
    if (this.peek() == 0x30) ++this.at;
    else if (!this.skipDigits()) return false;
    if (this.peek() == 0x2e) {
      ++this.at;
      if (!this.skipDigits()) return false;
    }
    if ((this.peek() | 0x20) != 0x65) return true;
    ++this.at;
    if (this.peek() == 0x2b || this.peek() == 0x2d) ++this.at;
    return this.skipDigits();
  }

  private skipDigits(): bool {
    const start = this.at;
    while (this.peek() >= 0x30 && this.peek() <= 0x39) ++this.at;
    return this.at != start;
  }

  private skipWord(word: string): bool {
    for (let i = 0; i < word.length; ++i) {
      if (this.peek() != word.charCodeAt(i)) return false;
      ++this.at;
    }
    return true;
  }

  private skipBlanks(): void {
    let byte = this.peek();
    while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
      ++this.at;
      byte = this.peek();
    }
  }

  private isAtEnd(): bool {
    this.skipBlanks();
    return this.at == this.end;
  }

  /** The byte here; 0 at the end. */
  private peek(): i32 {
    return this.at < this.end ? <i32>load<u8>(this.at) : 0;
  }
}

/** What the letter behind a backslash stands for; -1 when it stands for nothing. */
function unescape(letter: i32): i32 {
  if (letter == 0x22 || letter == 0x5c || letter == 0x2f) return letter;
  if (letter == 0x62) return 8;
  if (letter == 0x66) return 12;
  if (letter == 0x6e) return 10;
  if (letter == 0x72) return 13;
  return letter == 0x74 ? 9 : -1;
}

/** Four hex digits; -1 when they are none. */
function hex4(ptr: usize): i32 {
  let value = 0;
  for (let i = 0; i < 4; ++i) {
    const digit = hexValue(load<u8>(ptr + i));
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}
