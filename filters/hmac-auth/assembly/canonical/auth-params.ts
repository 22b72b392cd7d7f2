// The parameters of a signature in one header: `name="value"`, with commas between (RFC 9110 section 11.2).
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { ALGORITHM_NAMES } from "../algorithm";

/** One parameter; valid as long as the header. */
export class Param {
  ptr: usize = 0;
  /** -1: absent. */
  size: i32 = -1;

  constructor(
    /** In lower case, where its letters may be in either. */
    readonly name: string,
  ) {}

  get isAbsent(): bool {
    return this.size < 0;
  }

  is(text: string): bool {
    return isText(this.ptr, this.size, text);
  }
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
    /** The auth-scheme in front of the parameters, in lower case. */
    readonly scheme: string,
  ) {
    this.keyId = new Param(keyId);
    this.all = [this.keyId, this.algorithm, this.headers, this.signature, this.created, this.expires];
  }

  /** Whether it is such a list, in which none of the known names comes twice; others are passed over. Undoes escapes. */
  parse(ptr: usize, size: i32): bool {
    for (let i = 0; i < this.all.length; ++i) unchecked(this.all[i]).size = -1;
    this.isJoined = false;
    const end = ptr + size;
    // Elements may be empty (section 5.6.1.2).
    let from = skipSeparators(ptr, end);
    while (from < end) {
      let at = this.parseOne(from, end);
      if (at != 0) at = skipBlanks(at, end);
      if (at == 0 || (at < end && load<u8>(at) != 0x2c)) {
        this.isJoined = from != ptr && skipScheme(from, <i32>(end - from), this.scheme) >= 0;
        return false;
      }
      from = skipSeparators(at, end);
    }
    return true;
  }

  /** Where the parameter ends; 0 when it is none, or comes again. */
  private parseOne(from: usize, end: usize): usize {
    let at = skipToken(from, end);
    const nameSize = <i32>(at - from);
    at = skipBlanks(at, end);
    if (nameSize == 0 || at == end || load<u8>(at) != 0x3d) return 0;
    at = skipBlanks(at + 1, end);
    if (at == end || load<u8>(at) != 0x22) {
      const behind = skipToken(at, end);
      return behind != at && this.keep(from, nameSize, at, <i32>(behind - at)) ? behind : 0;
    }
    const value = ++at;
    // An escaped byte stands for itself; the value is moved together where it lies, as nothing else reads it.
    let to = value;
    while (at < end && load<u8>(at) != 0x22) {
      if (load<u8>(at) == 0x5c && ++at == end) return 0;
      const byte = load<u8>(at++);
      if (!isPlain(byte)) return 0;
      if (to + 1 != at) store<u8>(to, byte);
      ++to;
    }
    return at < end && this.keep(from, nameSize, value, <i32>(to - value)) ? at + 1 : 0;
  }

  private keep(name: usize, nameSize: i32, value: usize, size: i32): bool {
    for (let i = 0; i < this.all.length; ++i) {
      const param = unchecked(this.all[i]);
      if (nameSize != param.name.length || !isFolded(name, param.name)) continue;
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
  if (size <= length || load<u8>(ptr + length) != 0x20 || !isFolded(ptr, lower)) return -1;
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

/** Appends a value for within quotes. */
export function appendEscaped(ptr: usize, size: i32, to: StringBuilder): void {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (byte == 0x22 || byte == 0x5c) to.appendByte(0x5c);
    to.appendByte(byte);
  }
}

/** Whether there is this text, which has only letters, and those in lower case. */
function isFolded(ptr: usize, lower: string): bool {
  for (let i = 0; i < lower.length; ++i) if ((load<u8>(ptr + i) | 0x20) != lower.charCodeAt(i)) return false;
  return true;
}

/** Within quotes. */
function isPlain(byte: i32): bool {
  return (byte >= 0x20 && byte != 0x7f) || byte == 0x09;
}

function skipToken(at: usize, end: usize): usize {
  while (at < end && isTokenByte(load<u8>(at))) ++at;
  return at;
}

function skipBlanks(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09)) ++at;
  return at;
}

function skipSeparators(at: usize, end: usize): usize {
  while (at < end && (load<u8>(at) == 0x20 || load<u8>(at) == 0x09 || load<u8>(at) == 0x2c)) ++at;
  return at;
}
