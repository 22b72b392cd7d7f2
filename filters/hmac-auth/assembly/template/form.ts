// `{form}`: the pairs of an application/x-www-form-urlencoded body, decoded, names sorted, of each name the distinct values
// sorted, all of it without separators. What is signed is the pairs and not the bytes. Source: twilio-python,
// request_validator.py.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { hexValue } from "../bytes";
import { WholeBody } from "./whole-body";

/** More pairs are refused: sorting them is work. */
export const MAX_PAIRS = 4096;

/** Of a pair in the index: where the name begins, where it ends, where the value begins, where it ends. */
const NAME = 0;
const NAME_END = 4;
const VALUE = 8;
const VALUE_END = 12;
const PAIR = 16;

export class Form {
  private index: StaticArray<u8> = new StaticArray<u8>(0);
  private count: i32 = 0;

  /** Decodes the body where it stands and appends its pairs; false when there are too many. */
  append(body: WholeBody, to: StringBuilder): bool {
    if (this.index.length == 0) this.index = new StaticArray<u8>(PAIR * MAX_PAIRS);
    if (!this.readPairs(body.ptr, body.size)) return false;
    this.sort();
    for (let i = 0; i < this.count; ++i) {
      const pair = this.at(i);
      if (i != 0 && compare(this.at(i - 1), pair) == 0) continue;
      to.appendBytes(load<u32>(pair, NAME), load<u32>(pair, NAME_END) - load<u32>(pair, NAME));
      to.appendBytes(load<u32>(pair, VALUE), load<u32>(pair, VALUE_END) - load<u32>(pair, VALUE));
    }
    return true;
  }

  /** Decoded text is never longer: it is written over what was read. */
  private readPairs(ptr: usize, size: i32): bool {
    this.count = 0;
    const end = ptr + size;
    let from = ptr;
    while (from < end) {
      let to = from;
      const name = to;
      let value: usize = 0;
      let nameEnd: usize = 0;
      for (; from < end && load<u8>(from) != 0x26; ++from) {
        let byte = <i32>load<u8>(from);
        if (byte == 0x3d && value == 0) {
          nameEnd = to;
          value = ++to;
          continue;
        }
        if (byte == 0x2b) byte = 0x20;
        else if (byte == 0x25 && from + 2 < end) {
          const high = hexValue(load<u8>(from + 1));
          const low = hexValue(load<u8>(from + 2));
          if (high >= 0 && low >= 0) {
            byte = (high << 4) | low;
            from += 2;
          }
        }
        store<u8>(to++, byte);
      }
      ++from;
      if (to == name) continue;
      if (this.count == MAX_PAIRS) return false;
      const pair = this.at(this.count++);
      store<u32>(pair, <u32>name, NAME);
      store<u32>(pair, <u32>(value == 0 ? to : nameEnd), NAME_END);
      store<u32>(pair, <u32>(value == 0 ? to : value), VALUE);
      store<u32>(pair, <u32>to, VALUE_END);
    }
    return true;
  }

  /** A heap sort: no order of the pairs makes it slow. */
  private sort(): void {
    const count = this.count;
    for (let i = (count >> 1) - 1; i >= 0; --i) this.sink(i, count);
    for (let last = count - 1; last > 0; --last) {
      swap(this.at(0), this.at(last));
      this.sink(0, last);
    }
  }

  private sink(start: i32, count: i32): void {
    let parent = start;
    while (parent * 2 + 1 < count) {
      let child = parent * 2 + 1;
      if (child + 1 < count && compare(this.at(child), this.at(child + 1)) < 0) ++child;
      if (compare(this.at(parent), this.at(child)) >= 0) return;
      swap(this.at(parent), this.at(child));
      parent = child;
    }
  }

  private at(index: i32): usize {
    return changetype<usize>(this.index) + index * PAIR;
  }
}

/** Below 0, 0 or above 0: names first, then values. */
function compare(a: usize, b: usize): i32 {
  const names = compareBytes(load<u32>(a, NAME), load<u32>(a, NAME_END), load<u32>(b, NAME), load<u32>(b, NAME_END));
  if (names != 0) return names;
  return compareBytes(load<u32>(a, VALUE), load<u32>(a, VALUE_END), load<u32>(b, VALUE), load<u32>(b, VALUE_END));
}

function compareBytes(a: usize, aEnd: usize, b: usize, bEnd: usize): i32 {
  const aSize = <i32>(aEnd - a);
  const bSize = <i32>(bEnd - b);
  const both = min(aSize, bSize);
  for (let i = 0; i < both; ++i) {
    const difference = <i32>load<u8>(a + i) - <i32>load<u8>(b + i);
    if (difference != 0) return difference;
  }
  return aSize - bSize;
}

function swap(a: usize, b: usize): void {
  const first = load<u64>(a);
  const second = load<u64>(a, 8);
  memory.copy(a, b, PAIR);
  store<u64>(b, first);
  store<u64>(b, second, 8);
}

/** Whether a content type is a form's, whatever its parameters. */
export function isForm(ptr: usize, size: i32): bool {
  const type = "application/x-www-form-urlencoded";
  const length = type.length;
  if (size < length) return false;
  for (let i = 0; i < length; ++i) {
    const byte = <i32>load<u8>(ptr + i);
    const letter = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
    if (letter != type.charCodeAt(i)) return false;
  }
  if (size == length) return true;
  const next = load<u8>(ptr + length);
  return next == 0x3b || next == 0x20 || next == 0x09;
}
