// The components of RFC 9421 section 2: what a request has of each, as it is signed.
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte, hexValue } from "../bytes";
import { Line, RequestLines } from "../lines";
import { Reason } from "../reason";
import { isTokenByte } from "./auth-params";
import { appendHeader, appendLower, isDerived } from "./components";

export class MessageComponents {
  private method: Line;
  private scheme: Line;
  private authority: Line;
  private path: Line;
  private name: StringBuilder = new StringBuilder();

  constructor(
    private lines: RequestLines,
    /** "https://api.example.com", in the place of the request's own; or empty. */
    publicBaseUrl: ArrayBuffer,
  ) {
    this.method = lines.watch(String.UTF8.encode(":method"));
    this.path = lines.watch(String.UTF8.encode(":path"));
    const base = publicBaseUrl;
    const isOwn = base.byteLength == 0;
    const size = findByte(changetype<usize>(base), base.byteLength, 0x3a);
    this.scheme = isOwn ? lines.watch(String.UTF8.encode(":scheme")) : partOf(base, 0, size);
    this.authority = isOwn ? lines.watch(String.UTF8.encode(":authority")) : partOf(base, size + 3, base.byteLength);
  }

  /** Appends the value of a component without parameters. */
  append(name: usize, size: i32, to: StringBuilder): Reason {
    if (isDerived(name, size)) return this.appendDerived(name, size, to);
    if (!isFieldName(name, size)) return Reason.MalformedSignature;
    return appendHeader(this.lines, name, size, to) == 0 ? Reason.MissingComponent : Reason.None;
  }

  /** Appends the value of a parameter of the query (section 2.2.8); its name is given as it is encoded there. */
  appendQueryParam(name: usize, size: i32, to: StringBuilder): Reason {
    const path = this.path;
    let at = path.ptr + this.pathSize;
    const end = path.ptr + path.size;
    let count = 0;
    while (at < end) {
      const from = ++at;
      at += findByte(at, <i32>(end - at), 0x26);
      const equals = from + findByte(from, <i32>(at - from), 0x3d);
      const encoded = this.name.clear();
      appendReencoded(from, equals, encoded);
      if (from == at || !sameText(encoded, name, size)) continue;
      // Which of them was meant, nobody can say.
      if (++count > 1) return Reason.MalformedSignature;
      if (equals < at) appendReencoded(equals + 1, at, to);
    }
    return count == 0 ? Reason.MissingComponent : Reason.None;
  }

  private appendDerived(name: usize, size: i32, to: StringBuilder): Reason {
    const path = this.path;
    if (isText(name, size, "@method")) {
      to.appendBytes(this.method.ptr, this.method.size);
    } else if (isText(name, size, "@authority")) {
      this.appendAuthority(to);
    } else if (isText(name, size, "@scheme")) {
      appendLower(this.scheme.ptr, this.scheme.size, to);
    } else if (isText(name, size, "@path")) {
      if (this.pathSize == 0) to.appendByte(0x2f);
      to.appendBytes(path.ptr, this.pathSize);
    } else if (isText(name, size, "@query")) {
      const from = this.pathSize;
      if (from == path.size) to.appendByte(0x3f);
      to.appendBytes(path.ptr + from, path.size - from);
    } else if (isText(name, size, "@target-uri")) {
      appendLower(this.scheme.ptr, this.scheme.size, to);
      this.appendAuthority(to.append("://"));
      to.appendBytes(path.ptr, path.size);
    } else if (isText(name, size, "@request-target")) {
      to.appendBytes(path.ptr, path.size);
    } else {
      return Reason.MalformedSignature;
    }
    return Reason.None;
  }

  /** In lower case, without the port that the scheme has anyway. */
  private appendAuthority(to: StringBuilder): void {
    const authority = this.authority;
    const scheme = this.scheme;
    let size = authority.size;
    const end = authority.ptr + size;
    if (isScheme(scheme, "https") && size > 4 && isText(end - 4, 4, ":443")) size -= 4;
    else if (isScheme(scheme, "http") && size > 3 && isText(end - 3, 3, ":80")) size -= 3;
    appendLower(authority.ptr, size, to);
  }

  private get pathSize(): i32 {
    return findByte(this.path.ptr, this.path.size, 0x3f);
  }
}

/** A line that no request changes. */
function partOf(text: ArrayBuffer, from: i32, to: i32): Line {
  const line = new Line(text);
  line.ptr = changetype<usize>(text) + from;
  line.size = to - from;
  return line;
}

function isScheme(line: Line, text: string): bool {
  return isText(line.ptr, line.size, text);
}

/** In lower case, as the names of components are. */
function isFieldName(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (!isTokenByte(byte) || (byte >= 0x41 && byte <= 0x5a)) return false;
  }
  return size != 0;
}

function sameText(text: StringBuilder, ptr: usize, size: i32): bool {
  if (text.length != size) return false;
  return memory.compare(text.ptr, ptr, size) == 0;
}

/** Decoded as a form, then with all but letters, digits and "*-._" as %XX (URL standard, section 5.2, a blank as %20). */
function appendReencoded(from: usize, to: usize, text: StringBuilder): void {
  for (let at = from; at < to; ++at) {
    let byte = <i32>load<u8>(at);
    if (byte == 0x2b) {
      byte = 0x20;
    } else if (byte == 0x25 && at + 2 < to) {
      const high = hexValue(load<u8>(at + 1));
      const low = hexValue(load<u8>(at + 2));
      if (high >= 0 && low >= 0) {
        byte = (high << 4) | low;
        at += 2;
      }
    }
    const isPlain = byte == 0x2a || byte == 0x2d || byte == 0x2e || byte == 0x5f;
    if (isPlain || isAlphanumeric(byte)) text.appendByte(byte);
    else
      text
        .appendByte(0x25)
        .appendByte(hexDigit(byte >> 4))
        .appendByte(hexDigit(byte & 15));
  }
}

function isAlphanumeric(byte: i32): bool {
  const letter = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && letter >= 0x61 && letter <= 0x7a);
}

function hexDigit(value: i32): i32 {
  return value < 10 ? value + 0x30 : value + 0x37;
}
