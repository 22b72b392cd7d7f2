// Headers that a request lists as signed, in one list of names: sorted, as a line `name:value` each.
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte } from "../bytes";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import {
  appendHeader,
  appendLower,
  isComponentName,
  isDerived,
  isName,
  MAX_COMPONENTS,
  MAX_TEXT,
  Required,
} from "./components";

export class SortedHeaders {
  private names: StringBuilder = new StringBuilder();
  private starts: StaticArray<i32> = new StaticArray<i32>(MAX_COMPONENTS);
  private sizes: StaticArray<i32> = new StaticArray<i32>(MAX_COMPONENTS);
  private count: i32 = 0;

  constructor(
    /** Names that are passed over. */
    private leftOut: StaticArray<string>,
  ) {}

  /** Reads and sorts a list, blanks around its names or not; false when it is none, or has too many names. No list at all is an empty one. */
  read(ptr: usize, size: i32, separator: i32): bool {
    this.names.clear();
    this.count = 0;
    if (size == 0) return true;
    const end = ptr + size;
    let at = ptr;
    let seen = 0;
    while (at <= end) {
      while (at < end && load<u8>(at) == 0x20) ++at;
      const next = at + findByte(at, <i32>(end - at), separator);
      let length = <i32>(next - at);
      while (length > 0 && load<u8>(at + length - 1) == 0x20) --length;
      if (++seen > MAX_COMPONENTS || isDerived(at, length) || !isComponentName(at, length)) return false;
      this.insert(at, length);
      at = next + 1;
    }
    return true;
  }

  has(lower: ArrayBuffer): bool {
    for (let i = 0; i < this.count; ++i) if (isName(this.ptrOf(i), unchecked(this.sizes[i]), lower)) return true;
    return false;
  }

  requiredBits(required: Required): u32 {
    let bits: u32 = 0;
    for (let i = 0; i < this.count; ++i) bits |= required.bitsOf(this.ptrOf(i), unchecked(this.sizes[i]));
    return bits;
  }

  /** Appends the names, as a list. */
  appendNames(to: StringBuilder, separator: i32): void {
    for (let i = 0; i < this.count; ++i) {
      if (i != 0) to.appendByte(separator);
      to.appendBytes(this.ptrOf(i), unchecked(this.sizes[i]));
    }
  }

  /** Appends the lines; the reason when one is absent, or is there more than once. */
  append(lines: RequestLines, to: StringBuilder): Reason {
    for (let i = 0; i < this.count; ++i) {
      const name = this.ptrOf(i);
      const size = unchecked(this.sizes[i]);
      if (to.length > MAX_TEXT) return Reason.MalformedSignature;
      to.appendBytes(name, size).appendByte(0x3a);
      const count = appendHeader(lines, name, size, to);
      if (count != 1) return count == 0 ? Reason.MissingComponent : Reason.DuplicateHeader;
      to.appendByte(0x0a);
    }
    return Reason.None;
  }

  /** In lower case, at its place among the others. */
  private insert(ptr: usize, size: i32): void {
    const start = this.names.length;
    appendLower(ptr, size, this.names);
    const name = this.names.ptr + start;
    for (let i = 0; i < this.leftOut.length; ++i) if (isText(name, size, unchecked(this.leftOut[i]))) return;
    let at = this.count++;
    while (at > 0 && this.isBehind(at - 1, name, size)) {
      unchecked((this.starts[at] = this.starts[at - 1]));
      unchecked((this.sizes[at] = this.sizes[at - 1]));
      --at;
    }
    unchecked((this.starts[at] = start));
    unchecked((this.sizes[at] = size));
  }

  private isBehind(index: i32, name: usize, size: i32): bool {
    const other = unchecked(this.sizes[index]);
    const order = memory.compare(this.ptrOf(index), name, min(other, size));
    return order != 0 ? order > 0 : other > size;
  }

  private ptrOf(index: i32): usize {
    return this.names.ptr + unchecked(this.starts[index]);
  }
}
