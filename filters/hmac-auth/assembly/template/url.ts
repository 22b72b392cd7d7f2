// `{url}`: scheme, authority, path and query as this proxy sees them, or with a base of the configuration in the place of
// scheme and authority. `x-forwarded-*` is not read: a client could write it.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte, hexValue, isBytes } from "../bytes";
import { Line, RequestLines } from "../lines";

export enum Ports {
  AsIs,
  /** Without a port, and with it: the default one where there is none. */
  Both,
}

export enum UrlForm {
  AsIs,
  WithoutPort,
  WithPort,
}

export class UrlText {
  private scheme: Line;
  private authority: Line;
  private path: Line;
  private raw: StringBuilder = new StringBuilder();

  constructor(
    lines: RequestLines,
    /** Such as "https://hooks.example.com"; empty for what the request says. */
    readonly base: ArrayBuffer,
    /** Only these characters are decoded. */
    readonly decoded: ArrayBuffer,
    readonly ports: Ports,
  ) {
    this.scheme = lines.watch(String.UTF8.encode(":scheme"));
    this.authority = lines.watch(String.UTF8.encode(":authority"));
    this.path = lines.watch(String.UTF8.encode(":path"));
  }

  append(to: StringBuilder, form: UrlForm): void {
    const raw = this.decoded.byteLength == 0 ? to : this.raw.clear();
    let scheme = this.scheme.ptr;
    let schemeSize = this.scheme.size;
    let authority = this.authority.ptr;
    let authoritySize = this.authority.size;
    const base = this.base;
    if (base.byteLength != 0) {
      scheme = changetype<usize>(base);
      schemeSize = findByte(scheme, base.byteLength, 0x3a);
      authority = scheme + schemeSize + 3;
      authoritySize = base.byteLength - schemeSize - 3;
    }
    raw.appendBytes(scheme, schemeSize).append("://");
    const host = hostSize(authority, authoritySize);
    raw.appendBytes(authority, form == UrlForm.WithoutPort ? host : authoritySize);
    // "http" has four letters, "https" five.
    if (form == UrlForm.WithPort && host == authoritySize) raw.append(schemeSize == 5 ? ":443" : ":80");
    raw.appendBytes(this.path.ptr, this.path.size);
    if (this.decoded.byteLength != 0) this.appendDecoded(to);
  }

  private appendDecoded(to: StringBuilder): void {
    const ptr = this.raw.ptr;
    const size = this.raw.length;
    for (let i = 0; i < size; ++i) {
      let byte = <i32>load<u8>(ptr + i);
      if (byte == 0x25 && i + 2 < size) {
        const value = (hexValue(load<u8>(ptr + i + 1)) << 4) | hexValue(load<u8>(ptr + i + 2));
        if (value > 0 && this.isDecoded(value)) {
          byte = value;
          i += 2;
        }
      }
      to.appendByte(byte);
    }
  }

  private isDecoded(byte: i32): bool {
    const set = this.decoded;
    return findByte(changetype<usize>(set), set.byteLength, byte) != set.byteLength;
  }
}

/** Of an authority without its port. */
function hostSize(ptr: usize, size: i32): i32 {
  // An IPv6 address has colons of its own, within brackets.
  const start = size != 0 && load<u8>(ptr) == 0x5b ? findByte(ptr, size, 0x5d) : 0;
  return start + findByte(ptr + start, size - start, 0x3a);
}

/** A parameter of a query that has hex digits, such as "bodySHA256=". */
export class QueryParameter {
  ptr: usize = 0;
  size: i32 = 0;

  constructor(readonly name: ArrayBuffer) {}

  /** How many there are in the query of this path; `ptr` and `size` are the value of the last. */
  find(path: usize, pathSize: i32): i32 {
    let count = 0;
    let at = path + findByte(path, pathSize, 0x3f) + 1;
    const end = path + pathSize;
    while (at < end) {
      const size = findByte(at, <i32>(end - at), 0x26);
      const key = findByte(at, size, 0x3d);
      if (isBytes(at, key, this.name)) {
        ++count;
        this.ptr = at + min(key + 1, size);
        this.size = <i32>(at + size - this.ptr);
      }
      at += size + 1;
    }
    return count;
  }
}
