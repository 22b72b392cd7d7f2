// The header lines of one request, found in one walk: whoever wants a header watches its name when the configuration is
// read, and finds the line in the same object at each request. Nothing is copied or allocated.
import { HeaderEntries, HeaderMap } from "@proxy-wasm-kit/sdk";
import { RequestFacts } from "@proxy-wasm-kit/sdk/rules";
import { isBytes } from "./bytes";

/** A parsed header longer than this is malformed. */
export const MAX_PARSED = 8192;

/** What the current request has of one name. */
export class Line {
  /** How many lines of the name there are. */
  count: i32 = 0;
  /** The value of the first of them; valid in the headers callback only. */
  ptr: usize = 0;
  size: i32 = 0;
  /** @internal The next one that is watched; the next one whose name has as many bytes, of 64. */
  next: Line | null = null;
  sibling: Line | null = null;

  constructor(
    /** In lower case. */
    readonly name: ArrayBuffer,
  ) {}
}

export class RequestLines {
  /** What rules match by. */
  readonly facts: RequestFacts = new RequestFacts();
  /** Whether there are rules that match by something. */
  hasRules: bool = false;

  private first: Line | null = null;
  private byLength: StaticArray<Line | null> = new StaticArray<Line | null>(64);
  private entries: HeaderEntries | null = null;
  private contentLength: Line = new Line(String.UTF8.encode("content-length"));
  private upgrade: Line = new Line(String.UTF8.encode("upgrade"));
  private method: Line = new Line(String.UTF8.encode(":method"));

  constructor() {
    this.add(this.contentLength);
    this.add(this.upgrade);
    this.add(this.method);
  }

  /** The line of this name, in lower case, from now on. Only while the configuration is read. */
  watch(name: ArrayBuffer): Line {
    const bucket = name.byteLength & 63;
    let line = this.byLength[bucket];
    while (line !== null) {
      if (isBytes(changetype<usize>(name), name.byteLength, line.name)) return line;
      line = line.sibling;
    }
    const made = new Line(name);
    this.add(made);
    return made;
  }

  /** Reads the lines of a request. */
  read(headers: HeaderMap): void {
    let line = this.first;
    while (line !== null) {
      line.count = line.size = 0;
      line = line.next;
    }
    const entries = headers.entries();
    this.entries = entries;
    if (this.hasRules) this.facts.begin();
    while (entries.next()) {
      if (this.hasRules) this.facts.look(entries);
      line = unchecked(this.byLength[entries.nameSize & 63]);
      while (line !== null) {
        if (entries.nameEquals(line.name)) {
          if (line.count++ == 0) {
            line.ptr = entries.valuePtr;
            line.size = entries.valueSize;
          }
          break;
        }
        line = line.sibling;
      }
    }
  }

  /** All lines of the request, for names that only the request says. */
  walk(): HeaderEntries {
    return this.entries!.restart();
  }

  private add(line: Line): void {
    const bucket = line.name.byteLength & 63;
    line.next = this.first;
    this.first = line;
    line.sibling = this.byLength[bucket];
    this.byLength[bucket] = line;
  }

  /** Whether the body never ends. Envoy removes "upgrade" unless the request is one, HTTP/2's included. */
  get isUpgrade(): bool {
    if (this.upgrade.count != 0) return true;
    const method = this.method;
    return method.size == 7 && load<u32>(method.ptr) == 0x4e4e4f43 && load<u32>(method.ptr + 3) == 0x5443454e;
  }

  /** Whether a larger body than this is announced. Envoy has refused what is no number. */
  announcesMoreThan(limit: u32): bool {
    const line = this.contentLength;
    let value: u64 = 0;
    for (let i = 0; i < line.size; ++i) {
      value = value * 10 + load<u8>(line.ptr + i) - 48;
      if (value > limit) return true;
    }
    return false;
  }
}
