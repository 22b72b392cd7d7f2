// The parameters of a query or a form, in the order of their bytes: names first, then values.
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte, hexValue, same } from "../bytes";

/** More are refused: sorting them is work. */
const MAX_PARAMETERS = 4096;

/** Of one in the index: where its name and its value are in the text, and how many bytes they have. */
const NAME = 0;
const NAME_SIZE = 4;
const VALUE = 8;
const VALUE_SIZE = 12;
const ENTRY = 16;

/** How names and values are kept. */
export enum Writing {
  /** Percent-decoded; "+" is itself. */
  Decoded,
  /** Decoded, then with all but letters, digits and "-._~" as %XX. */
  Encoded,
}

/** What stands between a name and an empty value. */
export enum EmptyValue {
  Equals,
  Nothing,
}

export class Parameters {
  count: i32 = 0;
  private text: StringBuilder = new StringBuilder();
  private index: StaticArray<u8> = new StaticArray<u8>(0);

  clear(): void {
    this.count = 0;
    this.text.clear();
  }

  /** Adds those of a text `a=1&b`, but for one by its name as it is written; false when there are too many. */
  read(ptr: usize, size: i32, writing: Writing, except: string = "="): bool {
    const end = ptr + size;
    let at = ptr;
    while (at < end) {
      const next = at + findByte(at, <i32>(end - at), 0x26);
      const equals = at + findByte(at, <i32>(next - at), 0x3d);
      const isLeftOut = isText(at, <i32>(equals - at), except);
      if (next != at && !isLeftOut && !this.add(at, equals, min(equals + 1, next), next, writing)) return false;
      at = next + 1;
    }
    return true;
  }

  /** A heap sort: no order of the parameters makes it slow. */
  sort(): void {
    const count = this.count;
    for (let i = (count >> 1) - 1; i >= 0; --i) this.sink(i, count);
    for (let last = count - 1; last > 0; --last) {
      swap(this.at(0), this.at(last));
      this.sink(0, last);
    }
  }

  /** Sorted before: whether a name is there twice. */
  get hasRepeats(): bool {
    for (let i = 1; i < this.count; ++i) {
      const a = this.at(i - 1);
      const b = this.at(i);
      const size = load<i32>(a, NAME_SIZE);
      const text = this.text.ptr;
      if (size != load<i32>(b, NAME_SIZE)) continue;
      if (same(text + load<u32>(a, NAME), text + load<u32>(b, NAME), size)) return true;
    }
    return false;
  }

  /** Whether "=" or "&" in a name or a value can be taken for one between them, once all are written without escapes. */
  get blur(): bool {
    for (let i = 0; i < this.count; ++i) {
      const entry = this.at(i);
      if (this.has(entry, NAME, 0x3d) || this.has(entry, NAME, 0x26) || this.has(entry, VALUE, 0x26)) return true;
    }
    return false;
  }

  get hasEmptyValue(): bool {
    for (let i = 0; i < this.count; ++i) if (load<i32>(this.at(i), VALUE_SIZE) == 0) return true;
    return false;
  }

  /** Appends `a=1&b=2`. */
  append(to: StringBuilder, empty: EmptyValue): void {
    const text = this.text.ptr;
    for (let i = 0; i < this.count; ++i) {
      const entry = this.at(i);
      const size = load<i32>(entry, VALUE_SIZE);
      if (i != 0) to.appendByte(0x26);
      to.appendBytes(text + load<u32>(entry, NAME), load<i32>(entry, NAME_SIZE));
      if (size != 0 || empty == EmptyValue.Equals) to.appendByte(0x3d);
      to.appendBytes(text + load<u32>(entry, VALUE), size);
    }
  }

  private add(name: usize, nameEnd: usize, value: usize, valueEnd: usize, writing: Writing): bool {
    if (this.count == MAX_PARAMETERS) return false;
    if (this.index.length == 0) this.index = new StaticArray<u8>(ENTRY * MAX_PARAMETERS);
    const entry = this.at(this.count++);
    const text = this.text;
    const nameAt = text.length;
    appendPercent(name, nameEnd, text, writing);
    const valueAt = text.length;
    appendPercent(value, valueEnd, text, writing);
    store<i32>(entry, nameAt, NAME);
    store<i32>(entry, valueAt - nameAt, NAME_SIZE);
    store<i32>(entry, valueAt, VALUE);
    store<i32>(entry, text.length - valueAt, VALUE_SIZE);
    return true;
  }

  private has(entry: usize, part: usize, byte: i32): bool {
    const size = load<i32>(entry + part + 4);
    return findByte(this.text.ptr + load<u32>(entry + part), size, byte) != size;
  }

  private sink(start: i32, count: i32): void {
    let parent = start;
    while (parent * 2 + 1 < count) {
      let child = parent * 2 + 1;
      if (child + 1 < count && this.compare(child, child + 1) < 0) ++child;
      if (this.compare(parent, child) >= 0) return;
      swap(this.at(parent), this.at(child));
      parent = child;
    }
  }

  /** Below 0, 0 or above 0. */
  private compare(a: i32, b: i32): i32 {
    const names = this.compareParts(this.at(a), this.at(b), NAME);
    return names != 0 ? names : this.compareParts(this.at(a), this.at(b), VALUE);
  }

  private compareParts(a: usize, b: usize, part: usize): i32 {
    const text = this.text.ptr;
    const aSize = load<i32>(a + part + 4);
    const bSize = load<i32>(b + part + 4);
    const order = memory.compare(text + load<u32>(a + part), text + load<u32>(b + part), min(aSize, bSize));
    return order != 0 ? order : aSize - bSize;
  }

  private at(index: i32): usize {
    return changetype<usize>(this.index) + index * ENTRY;
  }
}

/** Appends bytes decoded, and encoded again or not. What is no %XX stays. */
export function appendPercent(from: usize, to: usize, text: StringBuilder, writing: Writing): void {
  for (let at = from; at < to; ++at) {
    let byte = <i32>load<u8>(at);
    if (byte == 0x25 && at + 2 < to) {
      const high = hexValue(load<u8>(at + 1));
      const low = hexValue(load<u8>(at + 2));
      if (high >= 0 && low >= 0) {
        byte = (high << 4) | low;
        at += 2;
      }
    }
    if (writing == Writing.Decoded) text.appendByte(byte);
    else appendEncoded(byte, text);
  }
}

/** As %XX unless it is a letter, a digit or one of "-._~" (RFC 3986 section 2.3). */
export function appendEncoded(byte: i32, to: StringBuilder): void {
  const letter = byte | 0x20;
  const isPlain =
    (letter >= 0x61 && letter <= 0x7a) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte == 0x2d ||
    byte == 0x2e ||
    byte == 0x5f ||
    byte == 0x7e;
  if (isPlain) to.appendByte(byte);
  else
    to.appendByte(0x25)
      .appendByte(hexDigit(byte >> 4))
      .appendByte(hexDigit(byte & 15));
}

export function hexDigit(value: i32): i32 {
  return value < 10 ? value + 0x30 : value + 0x37;
}

function swap(a: usize, b: usize): void {
  const first = load<u64>(a);
  const second = load<u64>(a, 8);
  memory.copy(a, b, ENTRY);
  store<u64>(b, first);
  store<u64>(b, second, 8);
}
