// The canonical request of Signature Version 4, but for the hash of the body at its end. Source: docs.aws.amazon.com,
// "Create a signed AWS API request".
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte } from "../bytes";
import { Line, RequestLines } from "../lines";
import { Reason } from "../reason";
import { isTokenByte, Param } from "./auth-params";
import { URL_SIGNATURE } from "./aws-url";
import { MAX_COMPONENTS, Required } from "./components";
import { appendEncoded, appendPercent, EmptyValue, Parameters, Writing } from "./parameters";

/** More segments of a path are refused. */
const MAX_SEGMENTS = 1024;

/** Whether a path is signed as it stands, or normalised and encoded once more. */
export enum PathForm {
  AsIs,
  Normalized,
}

// Used within one callback only: for all rules together.
const parameters = new Parameters();
let segmentPtrs = new StaticArray<usize>(0);
let segmentSizes = new StaticArray<i32>(0);

export class CanonicalRequest {
  /** What is signed of what is required. */
  bits: u32 = 0;
  private method: Line;
  readonly path: Line;

  constructor(
    private lines: RequestLines,
    private form: PathForm,
  ) {
    this.method = lines.watch(String.UTF8.encode(":method"));
    this.path = lines.watch(String.UTF8.encode(":path"));
  }

  /** Whether the list is names in lower case and in order; leaves in `bits` which of the required are among them. */
  readNames(list: Param, required: Required): bool {
    this.bits = 0;
    const end = list.ptr + list.size;
    let at = list.ptr;
    let count = 0;
    let before: usize = 0;
    let beforeSize = 0;
    while (at <= end) {
      const size = findByte(at, <i32>(end - at), 0x3b);
      if (++count > MAX_COMPONENTS || !isLowerName(at, size)) return false;
      if (before != 0 && !isBehind(at, size, before, beforeSize)) return false;
      this.bits |= required.bitsOf(at, size);
      before = at;
      beforeSize = size;
      at += size + 1;
    }
    return true;
  }

  append(list: Param, to: StringBuilder): Reason {
    const path = this.path;
    const size = findByte(path.ptr, path.size, 0x3f);
    to.appendBytes(this.method.ptr, this.method.size).appendByte(0x0a);
    if (this.form == PathForm.AsIs) appendPath(path.ptr, size, to);
    else if (!this.appendNormalized(path.ptr, size, to)) return Reason.MalformedSignature;
    to.appendByte(0x0a);
    parameters.clear();
    const query = min(size + 1, path.size);
    if (!parameters.read(path.ptr + query, path.size - query, Writing.Encoded, URL_SIGNATURE))
      return Reason.MalformedSignature;
    parameters.sort();
    parameters.append(to, EmptyValue.Equals);
    to.appendByte(0x0a);
    const reason = this.appendHeaders(list, to);
    to.appendByte(0x0a).appendBytes(list.ptr, list.size).appendByte(0x0a);
    return reason;
  }

  private appendHeaders(list: Param, to: StringBuilder): Reason {
    const end = list.ptr + list.size;
    let at = list.ptr;
    while (at <= end) {
      const size = findByte(at, <i32>(end - at), 0x3b);
      to.appendBytes(at, size).appendByte(0x3a);
      if (!this.appendValues(at, size, to)) return Reason.MissingComponent;
      to.appendByte(0x0a);
      at += size + 1;
    }
    return Reason.None;
  }

  /** All lines of a header with a comma between; false when there is none. */
  private appendValues(name: usize, size: i32, to: StringBuilder): bool {
    const isHost = size == 4 && load<u32>(name) == 0x74736f68;
    let count = 0;
    const entries = this.lines.walk();
    while (entries.next()) {
      const isNamed = isHost
        ? entries.nameIs(":authority")
        : entries.nameSize == size && memory.compare(entries.namePtr, name, size) == 0;
      if (!isNamed) continue;
      if (count++ != 0) to.appendByte(0x2c);
      appendCollapsed(entries.valuePtr, entries.valueSize, to);
    }
    return count != 0;
  }

  /** Without "." and "..", without empty segments; each byte encoded once more. False when there are too many segments. */
  private appendNormalized(ptr: usize, size: i32, to: StringBuilder): bool {
    if (segmentPtrs.length == 0) {
      segmentPtrs = new StaticArray<usize>(MAX_SEGMENTS);
      segmentSizes = new StaticArray<i32>(MAX_SEGMENTS);
    }
    const end = ptr + size;
    let at = ptr;
    let count = 0;
    let isFolder = true;
    while (at <= end) {
      const length = findByte(at, <i32>(end - at), 0x2f);
      const isUp = length == 2 && load<u16>(at) == 0x2e2e;
      isFolder = isUp || length == 0 || (length == 1 && load<u8>(at) == 0x2e);
      if (isUp && count > 0) --count;
      if (!isFolder) {
        if (count == MAX_SEGMENTS) return false;
        unchecked((segmentPtrs[count] = at));
        unchecked((segmentSizes[count++] = length));
      }
      at += length + 1;
    }
    for (let i = 0; i < count; ++i) {
      to.appendByte(0x2f);
      const from = unchecked(segmentPtrs[i]);
      for (let k = 0; k < unchecked(segmentSizes[i]); ++k) appendEncoded(load<u8>(from + k), to);
    }
    if (isFolder || count == 0) to.appendByte(0x2f);
    return true;
  }
}

/** Encoded once, whichever way it came. */
function appendPath(ptr: usize, size: i32, to: StringBuilder): void {
  const end = ptr + size;
  let at = ptr;
  while (at < end) {
    const length = findByte(at, <i32>(end - at), 0x2f);
    appendPercent(at, at + length, to, Writing.Encoded);
    at += length;
    if (at < end) to.appendByte(0x2f);
    ++at;
  }
  if (size == 0) to.appendByte(0x2f);
}

/** Without blanks around it, and one in the place of several. */
function appendCollapsed(ptr: usize, size: i32, to: StringBuilder): void {
  let isAfterBlank = true;
  let hasBlank = false;
  for (let i = 0; i < size; ++i) {
    const byte = <i32>load<u8>(ptr + i);
    if (byte == 0x20 || byte == 0x09) {
      hasBlank = !isAfterBlank;
      continue;
    }
    if (hasBlank) to.appendByte(0x20);
    to.appendByte(byte);
    hasBlank = isAfterBlank = false;
  }
}

function isLowerName(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (!isTokenByte(byte) || (byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return size != 0;
}

function isBehind(name: usize, size: i32, before: usize, beforeSize: i32): bool {
  const order = memory.compare(name, before, min(size, beforeSize));
  return order != 0 ? order > 0 : size > beforeSize;
}
