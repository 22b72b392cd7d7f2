// Components: what of a request is signed, by name. Names that begin with "@" or "(" are derived and never looked up among
// the headers (RFC 9421 section 7.5.1).
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte, isBytes } from "../bytes";
import { RequestLines } from "../lines";
import { isTokenByte } from "./auth-params";

/** More are malformed. */
export const MAX_COMPONENTS = 32;

/** A longer text is malformed: a list that names one large header many times would make memory of it. */
export const MAX_TEXT = 1048576;

/** What `required_components` asks for; bit i stands for the i-th. */
export class Required {
  private names: StaticArray<ArrayBuffer>;

  constructor(names: StaticArray<string>) {
    const bytes = new StaticArray<ArrayBuffer>(names.length);
    for (let i = 0; i < names.length; ++i) unchecked((bytes[i] = String.UTF8.encode(names[i].toLowerCase())));
    this.names = bytes;
  }

  /** Appends the names, a quote around each or none, and a blank between. */
  appendList(to: StringBuilder, quote: string): void {
    for (let i = 0; i < this.names.length; ++i) {
      const name = unchecked(this.names[i]);
      const ptr = changetype<usize>(name);
      // Parameters are not part of what is quoted.
      const size = findByte(ptr, name.byteLength, 0x3b);
      if (i != 0) to.appendByte(0x20);
      to.append(quote).appendBytes(ptr, size).append(quote);
      to.appendBytes(ptr + size, name.byteLength - size);
    }
  }

  /** Appends those that a list, with blanks between its names, does not have yet. */
  appendOthers(list: StringBuilder): void {
    const size = list.length;
    for (let i = 0; i < this.names.length; ++i) {
      const name = unchecked(this.names[i]);
      let at = 0;
      while (at < size) {
        const length = findByte(list.ptr + at, size - at, 0x20);
        if (isBytes(list.ptr + at, length, name)) break;
        at += length + 1;
      }
      if (at >= size) list.appendByte(0x20).appendBuffer(name);
    }
  }

  /** The bits of this name, in either case. */
  bitsOf(ptr: usize, size: i32): u32 {
    let bits: u32 = 0;
    for (let i = 0; i < this.names.length; ++i) {
      const name = unchecked(this.names[i]);
      if (size == name.byteLength && sameFolded(changetype<usize>(name), ptr, size)) bits |= 1 << i;
    }
    return bits;
  }

  /** Whether nothing is missing. */
  isMetBy(bits: u32): bool {
    return bits == <u32>(((<u64>1) << this.names.length) - 1);
  }
}

/** Whether bytes are a text in lower case, their letters in either case. */
export function sameFolded(lower: usize, ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    let byte = load<u8>(ptr + i);
    if (byte >= 0x41 && byte <= 0x5a) byte |= 0x20;
    if (byte != load<u8>(lower + i)) return false;
  }
  return true;
}

export function isName(ptr: usize, size: i32, lower: ArrayBuffer): bool {
  return size == lower.byteLength && sameFolded(changetype<usize>(lower), ptr, size);
}

export function isDerived(ptr: usize, size: i32): bool {
  return size != 0 && (load<u8>(ptr) == 0x40 || load<u8>(ptr) == 0x28);
}

/** Whether it can be the name of a header, or has the form of a derived one: "@name", "(name)". */
export function isComponentName(ptr: usize, size: i32): bool {
  const isBare = !isDerived(ptr, size);
  const isInBrackets = !isBare && load<u8>(ptr) == 0x28;
  const from = isBare ? 0 : 1;
  const to = isInBrackets ? size - 1 : size;
  if (to <= from || (isInBrackets && load<u8>(ptr + to) != 0x29)) return false;
  for (let i = from; i < to; ++i) if (!isTokenByte(load<u8>(ptr + i))) return false;
  return true;
}

/**
 * Appends what the request has of a header, several lines with ", " between, without blanks around them; returns how many
 * lines there are. "host" is ":authority" here.
 */
export function appendHeader(lines: RequestLines, name: usize, size: i32, to: StringBuilder): i32 {
  const host = changetype<usize>(HOST);
  const isHost = size == 4 && sameFolded(host, name, 4);
  let count = 0;
  const entries = lines.walk();
  while (entries.next()) {
    const isNamed = isHost
      ? entries.nameIs(":authority")
      : entries.nameSize == size && sameFolded(entries.namePtr, name, size);
    if (!isNamed) continue;
    if (count++ != 0) to.append(", ");
    appendTrimmed(entries.valuePtr, entries.valueSize, to);
  }
  return count;
}

/** Without the blanks around it: hosts other than Envoy may leave them. */
export function appendTrimmed(ptr: usize, size: i32, to: StringBuilder): void {
  while (size > 0 && isBlank(load<u8>(ptr))) {
    ++ptr;
    --size;
  }
  while (size > 0 && isBlank(load<u8>(ptr + size - 1))) --size;
  to.appendBytes(ptr, size);
}

export function appendLower(ptr: usize, size: i32, to: StringBuilder): void {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    to.appendByte(byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte);
  }
}

function isBlank(byte: i32): bool {
  return byte == 0x20 || byte == 0x09;
}

const HOST = String.UTF8.encode("host");
