// Text made of many parts. `+=` copies all that is there each time, and the copies stay until the callback ends: a thousand
// parts of a header that a client sends would be megabytes.
import { Encoder } from "./text";

/** `new StringBuilder().append("a").appendNumber(1)`; what it holds is UTF-8. */
export class StringBuilder {
  private content: Encoder = new Encoder();

  /** Bytes so far. */
  get length(): i32 {
    return this.content.length;
  }

  /** Where the bytes are, until more are appended. */
  get ptr(): usize {
    return this.content.ptr;
  }

  append(text: string): this {
    this.content.append(text);
    return this;
  }

  appendNumber(value: i64): this {
    this.content.appendNumber(value);
    return this;
  }

  appendBuffer(bytes: ArrayBuffer): this {
    this.content.appendBytes(changetype<usize>(bytes), bytes.byteLength);
    return this;
  }

  appendBytes(from: usize, size: i32): this {
    this.content.appendBytes(from, size);
    return this;
  }

  appendByte(byte: i32): this {
    this.content.appendByte(byte);
    return this;
  }

  /** Empties it; its room is used again. */
  clear(): this {
    this.content.clear();
    return this;
  }

  toString(): string {
    return this.content.toString();
  }

  toBuffer(): ArrayBuffer {
    return this.content.toBuffer();
  }
}
