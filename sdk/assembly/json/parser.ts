// A strict JSON parser (RFC 8259 with the rules of I-JSON, RFC 7493): no duplicate names, no lone surrogates, valid UTF-8
// only, at most 64 levels. It never traps; the first error ends it.
import { Encoder, first } from "../text";
import { Json, JsonKind } from "./json";

const DEPTH = 64;

export class JsonParser {
  /** What was expected in the place of what was found; "" while all is well. */
  expected: string = "";
  private at: usize;
  private end: usize;
  private failedAt: usize = 0;

  constructor(private source: ArrayBuffer) {
    this.at = changetype<usize>(source);
    this.end = this.at + source.byteLength;
  }

  /** The whole document; null when it is not JSON: see `appendError`. */
  parse(): Json | null {
    const value = this.value(0);
    if (this.peek() != -1) this.fail("the end");
    return this.failedAt == 0 ? value : null;
  }

  /** Decodes the string whose quote is at `start`, in a document that was parsed before. */
  readString(start: usize, into: Encoder): void {
    this.at = start;
    this.string(into);
  }

  /** Appends what is wrong, such as "line 2, column 7: expected a value". */
  appendError(to: Encoder): void {
    const failedAt = this.failedAt;
    let column = 1;
    while (failedAt - column >= changetype<usize>(this.source) && load<u8>(failedAt - column) != 10) ++column;
    to.append("line ").appendNumber(lineAt(this.source, failedAt)).append(", column ").appendNumber(column);
    to.append(": expected ").append(this.expected);
  }

  private value(depth: i32): Json {
    const byte = this.peek();
    let kind = JsonKind.Number;
    if (byte == 0x22) kind = JsonKind.String;
    else if (byte == 0x7b) kind = JsonKind.Object;
    else if (byte == 0x5b) kind = JsonKind.Array;
    else if (byte == 0x74 || byte == 0x66) kind = JsonKind.Bool;
    else if (byte == 0x6e) kind = JsonKind.Null;
    const value = new Json(this.source, kind, this.at);
    if (kind == JsonKind.String) this.string(first().clear());
    else if (kind == JsonKind.Number) this.number();
    else if (kind >= JsonKind.Array) this.children(value, depth + 1);
    else this.word(byte == 0x74 ? "true" : byte == 0x66 ? "false" : "null");
    value.end = this.at;
    return value;
  }

  /** Members or items, from the opening bracket to the closing one. */
  private children(parent: Json, depth: i32): void {
    const isObject = parent.kind == JsonKind.Object;
    const close = isObject ? 0x7d : 0x5d;
    if (depth > DEPTH) this.fail("at most 64 levels");
    this.skip();
    let last: Json | null = null;
    let byte = this.peek();
    if (byte == close) this.skip();
    while (byte != close && byte != -1) {
      let key: ArrayBuffer | null = null;
      if (isObject) key = this.name(parent);
      const child = this.value(depth);
      child.parent = parent;
      child.key = key;
      child.index = parent.length++;
      if (last === null) parent.first = child;
      else last.next = child;
      last = child;
      byte = this.peek();
      if (byte != 0x2c && byte != close) this.fail(isObject ? '"," or "}"' : '"," or "]"');
      this.skip();
    }
    if (byte == -1) this.fail("a value");
  }

  /** A member's name and the colon after it. */
  private name(parent: Json): ArrayBuffer {
    if (this.peek() != 0x22) this.fail("a name in quotes");
    this.string(first().clear());
    const key = first().toBuffer();
    if (parent.find(first()) !== null) this.fail("each name once");
    if (this.peek() != 0x3a) this.fail('":"');
    this.skip();
    return key;
  }

  private word(expected: string): void {
    for (let i = 0; i < expected.length; ++i) {
      if (this.byte() != expected.charCodeAt(i)) this.fail("a value");
      this.skip();
    }
  }

  private number(): void {
    if (this.byte() == 0x2d) this.skip();
    if (this.byte() == 0x30) this.skip();
    else this.digits();
    if (this.byte() == 0x2e) {
      this.skip();
      this.digits();
    }
    // At the end, -1 | 0x20 is still -1.
    if ((this.byte() | 0x20) != 0x65) return;
    this.skip();
    const sign = this.byte();
    if (sign == 0x2b || sign == 0x2d) this.skip();
    this.digits();
  }

  private digits(): void {
    if (!isDigit(this.byte())) this.fail("a value");
    while (isDigit(this.byte())) this.skip();
  }

  /** Reads a string with its quotes; appends its text. */
  private string(into: Encoder): void {
    this.skip();
    let byte = this.byte();
    while (byte != 0x22) {
      if (byte < 0x20) {
        this.fail("the end of a string");
        return;
      }
      if (byte == 0x5c) this.escape(into);
      else this.character(byte, into);
      byte = this.byte();
    }
    this.skip();
  }

  /** One character as it stands there. Well-formed UTF-8, Unicode table 3-7: only the second byte has ranges of its own. */
  private character(byte: i32, into: Encoder): void {
    let low = byte == 0xe0 ? 0xa0 : byte == 0xf0 ? 0x90 : 0x80;
    let high = byte == 0xed ? 0x9f : byte == 0xf4 ? 0x8f : 0xbf;
    let more = byte < 0x80 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
    if (byte >= 0x80 && (byte < 0xc2 || byte > 0xf4)) this.fail("valid UTF-8");
    into.appendByte(byte);
    this.skip();
    for (; more > 0; --more) {
      const next = this.byte();
      if (next < low || next > high) {
        this.fail("valid UTF-8");
        return;
      }
      into.appendByte(next);
      this.skip();
      low = 0x80;
      high = 0xbf;
    }
  }

  private escape(into: Encoder): void {
    this.skip();
    const byte = this.byte();
    this.skip();
    if (byte == 0x75) this.codePoint(into);
    else if (byte == 0x22 || byte == 0x5c || byte == 0x2f) into.appendByte(byte);
    else if (byte == 0x62) into.appendByte(8);
    else if (byte == 0x66) into.appendByte(12);
    else if (byte == 0x6e) into.appendByte(10);
    else if (byte == 0x72) into.appendByte(13);
    else if (byte == 0x74) into.appendByte(9);
    else this.fail("an escape");
  }

  /** What follows "\u": four hex digits, or a surrogate pair; appended as UTF-8. */
  private codePoint(into: Encoder): void {
    let code = this.hex4();
    if ((code & 0xf800) == 0xd800) {
      const pair = code < 0xdc00 && this.byte() == 0x5c && load<u8>(this.at, 1) == 0x75;
      this.at += 2;
      const low = pair ? this.hex4() : 0;
      if ((low & 0xfc00) != 0xdc00) {
        this.fail("a surrogate pair");
        return;
      }
      code = ((code & 0x3ff) << 10) + (low & 0x3ff) + 0x10000;
    }
    into.appendCodePoint(code);
  }

  private hex4(): i32 {
    let value = 0;
    for (let i = 0; i < 4; ++i) {
      const byte = this.byte();
      const letter = byte | 0x20;
      if (isDigit(byte)) value = (value << 4) | (byte - 48);
      else if (letter >= 0x61 && letter <= 0x66) value = (value << 4) | (letter - 0x57);
      else this.fail("four hex digits");
      this.skip();
    }
    return value;
  }

  /** The next byte that is no white space, not read yet; -1 at the end. */
  private peek(): i32 {
    let byte = this.byte();
    while (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
      this.skip();
      byte = this.byte();
    }
    return byte;
  }

  private skip(): void {
    this.at += 1;
  }

  private byte(): i32 {
    return this.at < this.end ? load<u8>(this.at) : -1;
  }

  /** Notes the first error and where it is, and goes to the end of the text, where every loop stops. */
  private fail(expected: string): void {
    if (this.failedAt == 0) {
      this.failedAt = min(this.at, this.end);
      this.expected = expected;
    }
    this.at = this.end;
  }
}

/** The line of a place in the text, from 1. */
export function lineAt(source: ArrayBuffer, place: usize): i32 {
  let line = 1;
  for (let at = changetype<usize>(source); at < place; ++at) if (load<u8>(at) == 10) ++line;
  return line;
}

function isDigit(byte: i32): bool {
  return byte >= 48 && byte <= 57;
}
