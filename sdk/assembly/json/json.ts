// A JSON document over the UTF-8 bytes it was read from: text and numbers are decoded when they are asked for.
import { decode, Encoder, first } from "../text";
import { JsonParser, lineAt } from "./parser";

export enum JsonKind {
  Null,
  Bool,
  Number,
  String,
  Array,
  Object,
}

/** One value of a document. Members and items are a linked list in the order of the text. */
export class Json {
  /** The value that this one is a member or item of. */
  parent: Json | null = null;
  /** A member's name in UTF-8. */
  key: ArrayBuffer | null = null;
  /** Place among its siblings, from 0. */
  index: i32 = 0;
  /** First member or item. */
  first: Json | null = null;
  /** The sibling after this one. */
  next: Json | null = null;
  /** How many members or items. */
  length: i32 = 0;
  /** Where the text of the value ends. */
  end: usize = 0;
  /** Somebody has asked for this member; what nobody asks for is an unknown key. */
  asked: bool = false;

  /** `source` holds the bytes that `start` points into. */
  constructor(
    readonly source: ArrayBuffer,
    readonly kind: JsonKind,
    readonly start: usize,
  ) {}

  /** The member of this name; null when there is none. */
  get(key: string): Json | null {
    first().set(key);
    return this.find(first());
  }

  /** The member whose name these bytes are. */
  find(key: Encoder): Json | null {
    let member = this.first;
    while (member !== null) {
      const name = member.key;
      if (name !== null && key.equals(changetype<usize>(name), name.byteLength)) {
        member.asked = true;
        return member;
      }
      member = member.next;
    }
    return null;
  }

  /** A string's text in UTF-8; empty when this is no string. */
  bytes(): ArrayBuffer {
    first().clear();
    if (this.kind == JsonKind.String) new JsonParser(this.source).readString(this.start, first());
    return first().toBuffer();
  }

  /** The string; "" when this is none. */
  string(): string {
    return decode(this.bytes());
  }

  bool(): bool {
    return this.kind == JsonKind.Bool && load<u8>(this.start) == 0x74; // "t"
  }

  /** The whole number; `otherwise` when this is none of at most 15 digits, written without fraction or exponent. */
  integerOr(otherwise: i64): i64 {
    const negative = load<u8>(this.start) == 0x2d;
    const start = this.start + usize(negative);
    let value: i64 = 0;
    for (let at = start; at < this.end; ++at) {
      const digit = <i64>load<u8>(at) - 48;
      if (digit < 0 || digit > 9 || at - start == 15) return otherwise;
      value = value * 10 + digit;
    }
    return negative ? -value : value;
  }

  /** The number; NaN when this is none. */
  double(): f64 {
    if (this.kind != JsonKind.Number) return NaN;
    return parseFloat(String.UTF8.decodeUnsafe(this.start, this.end - this.start));
  }

  /** Appends where this value is: its JSON pointer, such as "/rules/0/keys"; an odd key is shown by its place. */
  appendPath(to: Encoder): void {
    const parent = this.parent;
    if (parent !== null && parent.parent !== null) parent.appendPath(to);
    to.appendByte(0x2f);
    const key = this.key;
    if (key !== null && isWord(key)) to.appendBytes(changetype<usize>(key), key.byteLength);
    else if (parent !== null) to.appendNumber(this.index);
  }

  /** The line it begins on, from 1. */
  line(): i32 {
    return lineAt(this.source, this.start);
  }
}

/** Letters, digits and "_" only. Another key may be a whole line that was misquoted, with its value in it. */
function isWord(key: ArrayBuffer): bool {
  for (let i = 0; i < key.byteLength; ++i) {
    const byte = load<u8>(changetype<usize>(key) + i);
    const letter = byte | 0x20;
    if (!((letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f)) return false;
  }
  return true;
}
