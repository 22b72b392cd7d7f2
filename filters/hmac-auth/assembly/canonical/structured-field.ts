// Structured fields (RFC 9651), read byte by byte and strictly, and written again as their serialisation says.
import { StringBuilder } from "@proxy-wasm-kit/sdk";

export enum Kind {
  None,
  Integer,
  Decimal,
  String,
  Token,
  Bytes,
  True,
  False,
  Date,
}

/** What comes next. */
export enum Step {
  Some,
  Done,
  Wrong,
}

export class FieldReader {
  /** Where it is, and where the field ends. */
  at: usize = 0;
  end: usize = 0;
  /** The last key. */
  keyPtr: usize = 0;
  keySize: i32 = 0;
  /** The last item: what is between its quotes or colons, or all of it. */
  kind: Kind = Kind.None;
  ptr: usize = 0;
  size: i32 = 0;

  begin(ptr: usize, size: i32): void {
    this.at = ptr;
    this.end = ptr + size;
    while (this.end > this.at && load<u8>(this.end - 1) == 0x20) --this.end;
    this.skipSpaces();
  }

  /** Goes over this byte; false when another one comes. */
  take(byte: i32): bool {
    if (this.next != byte) return false;
    ++this.at;
    return true;
  }

  skipSpaces(): void {
    while (this.next == 0x20) ++this.at;
  }

  key(): bool {
    const from = this.at;
    const first = this.next;
    if (!isLower(first) && first != 0x2a) return false;
    while (isKeyByte(this.next)) ++this.at;
    this.keyPtr = from;
    this.keySize = <i32>(this.at - from);
    return true;
  }

  /** The next `;key` or `;key=item` behind an item or a list. */
  parameter(): Step {
    if (!this.take(0x3b)) return Step.Done;
    this.skipSpaces();
    if (!this.key()) return Step.Wrong;
    if (this.take(0x3d)) return this.item() ? Step.Some : Step.Wrong;
    this.kind = Kind.True;
    return Step.Some;
  }

  /** What is behind a member of a dictionary: the end, or a comma with another member. */
  separator(): Step {
    this.skipBlanks();
    if (this.at == this.end) return Step.Done;
    if (!this.take(0x2c)) return Step.Wrong;
    this.skipBlanks();
    return this.at == this.end ? Step.Wrong : Step.Some;
  }

  /** An item without its parameters. Display strings are none here. */
  item(): bool {
    const first = this.next;
    if (first == 0x22) return this.string();
    if (first == 0x3a) return this.bytes();
    if (first == 0x3f) return this.boolean();
    if (first == 0x2d || isDigit(first)) return this.number();
    if (first == 0x40) {
      ++this.at;
      if (!this.number() || this.kind != Kind.Integer) return false;
      this.kind = Kind.Date;
      return true;
    }
    return this.token();
  }

  /** The last item as it is serialised. */
  appendItem(to: StringBuilder): void {
    const kind = this.kind;
    if (kind == Kind.String) to.appendByte(0x22).appendBytes(this.ptr, this.size).appendByte(0x22);
    else if (kind == Kind.Bytes) to.appendByte(0x3a).appendBytes(this.ptr, this.size).appendByte(0x3a);
    else if (kind == Kind.True) to.append("?1");
    else if (kind == Kind.False) to.append("?0");
    else if (kind == Kind.Token) to.appendBytes(this.ptr, this.size);
    else appendNumber(kind, this.ptr, this.size, to);
  }

  /** The last parameter as it is serialised. */
  appendParameter(to: StringBuilder): void {
    to.appendByte(0x3b).appendBytes(this.keyPtr, this.keySize);
    if (this.kind == Kind.True) return;
    to.appendByte(0x3d);
    this.appendItem(to);
  }

  /** The byte that comes next; -1 at the end. */
  private get next(): i32 {
    return this.at < this.end ? <i32>load<u8>(this.at) : -1;
  }

  private skipBlanks(): void {
    while (this.next == 0x20 || this.next == 0x09) ++this.at;
  }

  private keep(kind: Kind, from: usize, to: usize): bool {
    this.kind = kind;
    this.ptr = from;
    this.size = <i32>(to - from);
    return true;
  }

  /** Section 4.2.5. */
  private string(): bool {
    const from = ++this.at;
    while (this.at < this.end) {
      const byte = this.next;
      if (byte == 0x22) {
        ++this.at;
        return this.keep(Kind.String, from, this.at - 1);
      }
      if (byte < 0x20 || byte > 0x7e) return false;
      ++this.at;
      if (byte != 0x5c) continue;
      if (this.next != 0x22 && this.next != 0x5c) return false;
      ++this.at;
    }
    return false;
  }

  /** Section 4.2.7, with its padding. */
  private bytes(): bool {
    const from = ++this.at;
    while (isBase64(this.next)) ++this.at;
    const digits = <i32>(this.at - from);
    while (this.next == 0x3d) ++this.at;
    const to = this.at;
    const size = <i32>(to - from);
    if ((size & 3) != 0 || size - digits > 2 || !this.take(0x3a)) return false;
    return this.keep(Kind.Bytes, from, to);
  }

  private boolean(): bool {
    ++this.at;
    const isTrue = this.next == 0x31;
    if (!isTrue && this.next != 0x30) return false;
    ++this.at;
    return this.keep(isTrue ? Kind.True : Kind.False, this.at - 2, this.at);
  }

  /** Section 4.2.4. */
  private number(): bool {
    const from = this.at;
    this.take(0x2d);
    const whole = this.digits();
    if (whole == 0 || whole > 15) return false;
    if (!this.take(0x2e)) return this.keep(Kind.Integer, from, this.at);
    const decimals = this.digits();
    if (whole > 12 || decimals == 0 || decimals > 3) return false;
    return this.keep(Kind.Decimal, from, this.at);
  }

  private digits(): i32 {
    const from = this.at;
    while (isDigit(this.next)) ++this.at;
    return <i32>(this.at - from);
  }

  /** Section 4.2.6. */
  private token(): bool {
    const from = this.at;
    const first = this.next | 0x20;
    if (this.next != 0x2a && (this.next < 0 || !isLower(first))) return false;
    while (isFieldTokenByte(this.next)) ++this.at;
    return this.keep(Kind.Token, from, this.at);
  }
}

/** Without zeros that say nothing (section 4.1.4 and 4.1.5). */
function appendNumber(kind: Kind, ptr: usize, size: i32, to: StringBuilder): void {
  let from = ptr;
  let end = ptr + size;
  if (kind == Kind.Date) to.appendByte(0x40);
  const isNegative = load<u8>(from) == 0x2d;
  if (isNegative) ++from;
  while (from + 1 < end && load<u8>(from) == 0x30 && isDigit(load<u8>(from + 1))) ++from;
  if (kind == Kind.Decimal) while (load<u8>(end - 1) == 0x30 && load<u8>(end - 2) != 0x2e) --end;
  const isZero = end == from + 1 && load<u8>(from) == 0x30;
  if (isNegative && !isZero) to.appendByte(0x2d);
  to.appendBytes(from, <i32>(end - from));
}

function isLower(byte: i32): bool {
  return byte >= 0x61 && byte <= 0x7a;
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isAlphanumeric(byte: i32): bool {
  return isDigit(byte) || (byte >= 0x41 && isLower(byte | 0x20));
}

/** "_", "-", ".", "*" besides. */
function isKeyByte(byte: i32): bool {
  return isLower(byte) || isDigit(byte) || byte == 0x5f || byte == 0x2d || byte == 0x2e || byte == 0x2a;
}

function isBase64(byte: i32): bool {
  return isAlphanumeric(byte) || byte == 0x2b || byte == 0x2f;
}

/** Those of a token of HTTP, ":" and "/". */
function isFieldTokenByte(byte: i32): bool {
  if (byte < 0x21 || byte > 0x7e) return false;
  if (byte == 0x22 || byte == 0x28 || byte == 0x29 || byte == 0x2c) return false;
  return (byte < 0x3b || byte > 0x40) && (byte < 0x5b || byte > 0x5d) && byte != 0x7b && byte != 0x7d;
}
