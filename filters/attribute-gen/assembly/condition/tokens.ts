// The words of a condition, as far as they are understood here. Source: cel-spec doc/langdef.md, "Syntax".

export enum Token {
  End,
  /** A name with its dots, such as `request.url_path`. */
  Name,
  String,
  Integer,
  /** One or two characters: `operator` has them. */
  Operator,
  /** Something that is left to the host. */
  Other,
}

export class Tokens {
  kind: Token = Token.End;
  /** Of a name. */
  name: string = "";
  /** Of a string, unescaped, in UTF-8. */
  text: ArrayBuffer = new ArrayBuffer(0);
  integer: i64 = 0;
  /** The first character, and the second in the upper byte. */
  operator: i32 = 0;

  private at: usize;
  private end: usize;

  constructor(source: ArrayBuffer) {
    this.at = changetype<usize>(source);
    this.end = this.at + source.byteLength;
    this.next();
  }

  isOperator(operator: i32): bool {
    return this.kind == Token.Operator && this.operator == operator;
  }

  isName(name: string): bool {
    return this.kind == Token.Name && this.name == name;
  }

  next(): void {
    while (this.at < this.end && isBlank(load<u8>(this.at))) this.at += 1;
    if (this.at == this.end) {
      this.kind = Token.End;
      return;
    }
    const byte = load<u8>(this.at);
    if (byte == 0x27 || byte == 0x22) this.readString(byte, false);
    else if (byte == 0x72 && (this.peek(1) == 0x27 || this.peek(1) == 0x22)) {
      this.at += 1;
      this.readString(load<u8>(this.at), true);
    } else if (isDigit(byte) || (byte == 0x2d && isDigit(this.peek(1)))) this.readInteger();
    else if (isLetter(byte)) this.readName();
    else this.readOperator(byte);
  }

  private peek(offset: i32): i32 {
    return this.at + offset < this.end ? <i32>load<u8>(this.at + offset) : -1;
  }

  private readString(quote: i32, isRaw: bool): void {
    // Three quotes are another kind of string; two, an empty one.
    if (this.peek(1) == quote && this.peek(2) == quote) {
      this.giveUp();
      return;
    }
    const start = this.at + 1;
    const bytes = new Uint8Array(<i32>(this.end - start));
    let length = 0;
    let at = start;
    for (; at < this.end; ++at) {
      let byte = <i32>load<u8>(at);
      if (byte == quote) break;
      if (byte == 0x0a || byte == 0x0d) {
        this.giveUp();
        return;
      }
      if (byte == 0x5c && !isRaw) {
        if (++at == this.end) {
          this.giveUp();
          return;
        }
        byte = load<u8>(at);
        // Numbers, line breaks and the like are written by letters and digits.
        if (byte != 0x5c && byte != 0x27 && byte != 0x22) {
          this.giveUp();
          return;
        }
      }
      bytes[length++] = <u8>byte;
    }
    if (at == this.end) {
      this.giveUp();
      return;
    }
    this.at = at + 1;
    this.kind = Token.String;
    this.text = bytes.buffer.slice(0, length);
  }

  /** At most 15 digits in decimal; what follows must not belong to the number. */
  private readInteger(): void {
    const isNegative = load<u8>(this.at) == 0x2d;
    if (isNegative) this.at += 1;
    const start = this.at;
    let value: i64 = 0;
    while (this.at < this.end && isDigit(load<u8>(this.at)) && this.at - start < 16) {
      value = value * 10 + <i64>load<u8>(this.at) - 48;
      this.at += 1;
    }
    const following = this.peek(0);
    if (this.at - start > 15 || following == 0x2e || isLetter(following) || isDigit(following)) {
      this.giveUp();
      return;
    }
    this.kind = Token.Integer;
    this.integer = isNegative ? -value : value;
  }

  private readName(): void {
    const start = this.at;
    while (this.at < this.end && (isLetter(this.peek(0)) || isDigit(this.peek(0)) || this.peek(0) == 0x2e))
      this.at += 1;
    this.kind = Token.Name;
    this.name = String.UTF8.decodeUnsafe(start, this.at - start);
  }

  private readOperator(byte: i32): void {
    const second = this.peek(1);
    const isDouble =
      ((byte == 0x3d || byte == 0x21 || byte == 0x3c || byte == 0x3e) && second == 0x3d) ||
      ((byte == 0x26 || byte == 0x7c) && second == byte);
    this.kind = Token.Operator;
    this.operator = isDouble ? byte | (second << 8) : byte;
    this.at += isDouble ? 2 : 1;
  }

  private giveUp(): void {
    this.kind = Token.Other;
    this.at = this.end;
  }
}

function isBlank(byte: i32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d && byte != 0x0b);
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isLetter(byte: i32): bool {
  const letter = byte | 0x20;
  return byte > 0 && ((letter >= 0x61 && letter <= 0x7a) || byte == 0x5f);
}
