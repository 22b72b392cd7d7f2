// The parameters of a signature in one header: `name="value"`, with commas between (RFC 9110 section 11.2), strictly.
import { isText } from "@proxy-wasm-kit/sdk";
import { ALGORITHM_NAMES } from "../algorithm";

/** One parameter; valid as long as the header. */
export class Param {
  ptr: usize = 0;
  /** -1: absent. */
  size: i32 = -1;

  constructor(readonly name: string) {}

  get isAbsent(): bool {
    return this.size < 0;
  }

  is(text: string): bool {
    return isText(this.ptr, this.size, text);
  }
}

/** Whether values may stand without quotes. */
export enum Quoting {
  Required,
  Optional,
}

export class AuthParams {
  /** It is no list because several lines were joined: Envoy does so with some headers. */
  isJoined: bool = false;
  readonly keyId: Param;
  readonly algorithm: Param = new Param("algorithm");
  readonly headers: Param = new Param("headers");
  readonly signature: Param = new Param("signature");
  readonly created: Param = new Param("created");
  readonly expires: Param = new Param("expires");
  private all: StaticArray<Param> = [];

  constructor(
    keyId: string,
    private quoting: Quoting,
    /** The auth-scheme in front of the parameters, in lower case. */
    readonly scheme: string,
  ) {
    this.keyId = new Param(keyId);
    this.all = [this.keyId, this.algorithm, this.headers, this.signature, this.created, this.expires];
  }

  /** Whether it is such a list, in which none of the known names comes twice; others are passed over. */
  parse(ptr: usize, size: i32): bool {
    for (let i = 0; i < this.all.length; ++i) unchecked(this.all[i]).size = -1;
    this.isJoined = false;
    const end = ptr + size;
    let at = ptr;
    while (at < end) {
      const from = at;
      at = this.parseOne(from, end);
      if (at == 0) {
        this.isJoined = from != ptr && skipScheme(from, <i32>(end - from), this.scheme) >= 0;
        return false;
      }
      at = skipBlanks(at, end);
      if (at == end) return true;
      if (load<u8>(at) != 0x2c) return false;
      at = skipBlanks(at + 1, end);
    }
    // Nothing at all, or nothing behind a comma.
    return false;
  }

  /** Where the parameter ends; 0 when it is none, or comes again. */
  private parseOne(from: usize, end: usize): usize {
    let at = from;
    while (at < end && isTokenByte(load<u8>(at))) ++at;
    const nameSize = <i32>(at - from);
    if (nameSize == 0 || at == end || load<u8>(at) != 0x3d) return 0;
    ++at;
    const isQuoted = at < end && load<u8>(at) == 0x22;
    if (isQuoted) ++at;
    else if (this.quoting == Quoting.Required) return 0;
    const value = at;
    while (at < end && (isQuoted ? isPlain(load<u8>(at)) : isTokenByte(load<u8>(at)))) ++at;
    const size = <i32>(at - value);
    if (isQuoted) {
      if (at == end || load<u8>(at) != 0x22) return 0;
      ++at;
    } else if (size == 0) {
      return 0;
    }
    return this.keep(from, nameSize, value, size) ? at : 0;
  }

  private keep(name: usize, nameSize: i32, value: usize, size: i32): bool {
    for (let i = 0; i < this.all.length; ++i) {
      const param = unchecked(this.all[i]);
      if (!isText(name, nameSize, param.name)) continue;
      if (!param.isAbsent) return false;
      param.ptr = value;
      param.size = size;
      return true;
    }
    return true;
  }
}

/** "hmac-sha256" and its like; -1 for another name. */
export function macAlgorithm(name: Param): i32 {
  for (let i = 0; i < ALGORITHM_NAMES.length; ++i) {
    const known = unchecked(ALGORITHM_NAMES[i]);
    if (name.size != known.length + 5) continue;
    let same = load<u32>(name.ptr) == 0x63616d68 && load<u8>(name.ptr + 4) == 0x2d;
    for (let k = 0; same && k < known.length; ++k) same = load<u8>(name.ptr + 5 + k) == known.charCodeAt(k);
    if (same) return i;
  }
  return -1;
}

/** Bytes up to the parameters behind `<scheme> `, its letters in either case; -1 when it is another scheme. */
export function skipScheme(ptr: usize, size: i32, lower: string): i32 {
  const length = lower.length;
  if (size <= length || load<u8>(ptr + length) != 0x20) return -1;
  for (let i = 0; i < length; ++i) if ((load<u8>(ptr + i) | 0x20) != lower.charCodeAt(i)) return -1;
  return <i32>(skipBlanks(ptr + length, ptr + size) - ptr);
}

/** RFC 9110 section 5.6.2. */
export function isTokenByte(byte: i32): bool {
  const letter = byte | 0x20;
  if (letter >= 0x61 && letter <= 0x7a) return true;
  if (byte >= 0x30 && byte <= 0x39) return true;
  if (byte == 0x21 || (byte >= 0x23 && byte <= 0x27)) return true;
  return (
    byte == 0x2a ||
    byte == 0x2b ||
    byte == 0x2d ||
    byte == 0x2e ||
    byte == 0x5e ||
    byte == 0x5f ||
    byte == 0x60 ||
    byte == 0x7c ||
    byte == 0x7e
  );
}

/** Within quotes, without escapes: nobody needs them here, and readers differ about them. */
function isPlain(byte: i32): bool {
  return byte >= 0x20 && byte != 0x22 && byte != 0x5c && byte != 0x7f;
}

function skipBlanks(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) ++at;
  return at;
}
