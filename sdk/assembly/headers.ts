// Header maps: request and response headers and trailers, those of callouts, gRPC metadata. One class serves all.
import { MapKind, Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { givenSize, lend, outPtr, outSize, outU32, reclaim, room, take } from "./memory";
import { decode, decodeAt, Encoder, first, isText, KEEP, same, second } from "./text";

/** Names are case-insensitive, and lower case as the host returns them. Pseudo headers (":path") are entries too. */
export class HeaderMap {
  private walk: HeaderEntries | null = null;

  constructor(readonly kind: MapKind) {}

  /** The first value of a name; `null` when absent or when the map is not there now, "" when empty. */
  get(name: string): string | null {
    const value = this.getBytes(name);
    return value === null ? null : decode(value);
  }

  /** The first value of a name in bytes; `null` as for `get`. */
  getBytes(name: string): ArrayBuffer | null {
    first().set(name);
    const status = host.proxy_get_header_map_value(this.kind, first().ptr, first().length, outPtr(), outSize());
    if (status == Status.Ok) return take();
    // BadArgument: the map is not there in this callback (Envoy keeps request headers only while they are held).
    if (status != Status.NotFound && status != Status.BadArgument) unexpected("proxy_get_header_map_value", status);
    return null;
  }

  has(name: string): bool {
    return this.getBytes(name) !== null;
  }

  /** Every value of a name, each line apart; several lines of one name are not visible through `get`. */
  getAll(name: string): string[] {
    const values: string[] = [];
    // A walk of its own, as it may be called within another.
    const entries = new HeaderEntries();
    entries.read(this.kind);
    first().set(name).lower();
    const size = first().length;
    while (entries.next()) {
      if (entries.nameSize == size && same(entries.namePtr, first().ptr, size)) values.push(entries.value);
    }
    return values;
  }

  /**
   * Walks over all lines, with one host call and no allocation when used again. Valid until `entries()` of the same map
   * is called again. A map that is not there now has no entries.
   */
  entries(): HeaderEntries {
    let walk = this.walk;
    if (walk === null) this.walk = walk = new HeaderEntries();
    walk.read(this.kind);
    return walk;
  }

  /**
   * Makes `value` the only one of this name. BadArgument: the map is not there or cannot be changed now, or there is a
   * line break or NUL in the text (Envoy would send it as it is, and the peer would read another header).
   */
  set(name: string, value: string): Status {
    first().set(name);
    second().set(value);
    return this.replace();
  }

  /** As `set`, for a value that need not be UTF-8, such as one from `getBytes`. */
  setBytes(name: string, value: ArrayBuffer): Status {
    first().set(name);
    second().clear().appendBytes(changetype<usize>(value), value.byteLength);
    return this.replace();
  }

  /** Adds a line. Envoy joins with "," for pseudo headers and those it knows by name (accept, via ...). As `set`. */
  add(name: string, value: string): Status {
    first().set(name);
    second().set(value);
    return this.append();
  }

  /** As `add`, for a value that need not be UTF-8. */
  addBytes(name: string, value: ArrayBuffer): Status {
    first().set(name);
    second().clear().appendBytes(changetype<usize>(value), value.byteLength);
    return this.append();
  }

  /**
   * Makes these lines the whole map, pseudo headers included: a request without ":path" or "x-forwarded-proto" is answered
   * with 404. BadArgument: the map cannot be changed now, or there are more than 1024 lines or 1 MiB (Envoy would clear it and say Ok).
   */
  replaceAll(headers: Headers): Status {
    const pairs = new Encoder();
    headers.encode(pairs);
    const fits = headers.count <= 1024 && pairs.length <= 1048576;
    const status = fits ? host.proxy_set_header_map_pairs(this.kind, pairs.ptr, pairs.length) : Status.BadArgument;
    return status;
  }

  /** Bytes of all names and values together; 0 when the map is not there now. */
  get byteSize(): u32 {
    return host.proxy_get_header_map_size(this.kind, outPtr()) == Status.Ok ? outU32() : 0;
  }

  /** Both with the name in first() and the value in second(). */
  private replace(): Status {
    if (first().hasLineBreak() || second().hasLineBreak()) return Status.BadArgument;
    return host.proxy_replace_header_map_value(this.kind, first().ptr, first().length, second().ptr, second().length);
  }

  private append(): Status {
    if (first().hasLineBreak() || second().hasLineBreak()) return Status.BadArgument;
    return host.proxy_add_header_map_value(this.kind, first().ptr, first().length, second().ptr, second().length);
  }

  /** Removes every line of this name; Ok when there was none. BadArgument: the map cannot be changed now. */
  remove(name: string): Status {
    first().set(name);
    return host.proxy_remove_header_map_value(this.kind, first().ptr, first().length);
  }
}

/** Room for the lines of most requests. */
const ROOM = 2048;

/**
 * A walk over the lines of a header map: `while (entries.next()) if (entries.nameIs("x-a")) ...`.
 * Layout read: u32 n | n x (u32 name size, u32 value size) | n x (name, NUL, value, NUL). Source: proxy-wasm-cpp-host
 * src/pairs_util.cc.
 */
export class HeaderEntries {
  /** Over pairs in the host's layout, which a map's property is too. Without entries when the bytes are not in it. */
  static of(pairs: ArrayBuffer): HeaderEntries {
    const entries = new HeaderEntries();
    entries.buffer = pairs;
    if (isPairs(changetype<usize>(pairs), pairs.byteLength)) entries.count = load<i32>(changetype<usize>(pairs));
    return entries;
  }

  /** Pointer and size in bytes of the current line's parts; valid as long as the walk. */
  namePtr: usize = 0;
  nameSize: i32 = 0;
  valuePtr: usize = 0;
  valueSize: i32 = 0;

  private buffer: ArrayBuffer = new ArrayBuffer(ROOM);
  private count: i32 = 0;
  private index: i32 = 0;

  /** Goes back to before the first line. */
  restart(): this {
    this.index = 0;
    return this;
  }

  /** Goes to the next line (at first: to the first()); false when there is none. */
  next(): bool {
    const index = this.index;
    if (index >= this.count) return false;
    const sizes = changetype<usize>(this.buffer) + 4 + ((<usize>index) << 3);
    this.namePtr = index == 0 ? sizes + ((<usize>this.count) << 3) : this.valuePtr + this.valueSize + 1;
    this.nameSize = load<i32>(sizes);
    this.valuePtr = this.namePtr + this.nameSize + 1;
    this.valueSize = load<i32>(sizes, 4);
    this.index = index + 1;
    return true;
  }

  /** Whether the current line has this name, given in lower case and ASCII. */
  nameIs(lower: string): bool {
    return isText(this.namePtr, this.nameSize, lower);
  }

  /** Whether the current line has this name, given as bytes in lower case. */
  nameEquals(lower: ArrayBuffer): bool {
    const size = this.nameSize;
    return size == lower.byteLength && same(this.namePtr, changetype<usize>(lower), size);
  }

  /** Whether the current line has this value. */
  valueIs(text: string): bool {
    return isText(this.valuePtr, this.valueSize, text);
  }

  get name(): string {
    return decodeAt(this.namePtr, this.nameSize);
  }

  get value(): string {
    return decodeAt(this.valuePtr, this.valueSize);
  }

  /** @internal */
  read(kind: MapKind): void {
    this.index = 0;
    this.count = 0;
    if (this.buffer.byteLength > KEEP) this.buffer = room(ROOM);
    lend(changetype<usize>(this.buffer), this.buffer.byteLength);
    const status = host.proxy_get_header_map_pairs(kind, outPtr(), outSize());
    const larger = reclaim();
    if (status != Status.Ok) {
      // Other hosts say so when the map is not there; Envoy answers Ok and nothing.
      if (status != Status.BadArgument && status != Status.NotFound) unexpected("proxy_get_header_map_pairs", status);
      return;
    }
    if (larger !== null) this.buffer = larger;
    if (isPairs(changetype<usize>(this.buffer), givenSize())) this.count = load<i32>(changetype<usize>(this.buffer));
  }
}

/** Whether sizes and texts fill the bytes exactly: a property may be anything, and so may what an odd host says. */
function isPairs(from: usize, bytes: i32): bool {
  const size = <u64>bytes;
  if (size < 4) return false;
  const count = <u64>load<u32>(from);
  if (count * 8 + 4 > size) return false;
  let need: u64 = 4;
  for (let i: u64 = 0; i < count; ++i) {
    const sizes = from + 4 + ((<usize>i) << 3);
    need += 10 + <u64>load<u32>(sizes) + <u64>load<u32>(sizes, 4);
  }
  return need == size;
}

/** A list of header lines to hand to the host: for local responses, callouts, whole maps. */
export class Headers {
  /** How many lines. */
  count: i32 = 0;
  private sizes: Encoder = new Encoder();
  private texts: Encoder = new Encoder();

  /** Adds a line. One with a line break or NUL in it is left out: it could forge another. */
  with(name: string, value: string): this {
    first().set(name);
    second().set(value);
    return this.add();
  }

  /** As `with`, for values that need not be UTF-8. */
  withBytes(name: ArrayBuffer, value: ArrayBuffer): this {
    first().clear().appendBytes(changetype<usize>(name), name.byteLength);
    second().clear().appendBytes(changetype<usize>(value), value.byteLength);
    return this.add();
  }

  /**
   * Writes them in the host's layout (see `HeaderEntries`).
   * @internal
   */
  encode(into: Encoder): void {
    into.clear().appendWord(this.count);
    into.appendBytes(this.sizes.ptr, this.sizes.length).appendBytes(this.texts.ptr, this.texts.length);
  }

  /** Adds the line whose name is in first() and whose value is in second(). */
  private add(): this {
    if (first().hasLineBreak() || second().hasLineBreak()) return this;
    this.count += 1;
    this.sizes.appendWord(first().length).appendWord(second().length);
    this.texts
      .appendBytes(first().ptr, first().length)
      .appendByte(0)
      .appendBytes(second().ptr, second().length)
      .appendByte(0);
    return this;
  }
}
