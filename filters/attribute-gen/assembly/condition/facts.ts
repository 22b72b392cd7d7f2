// What conditions look at, read once for all of them: header maps in one walk each, properties when first asked for.
import { HeaderMap, MapKind, Path, property } from "@proxy-wasm-kit/sdk";
import { Truth } from "./truth";

/** Counts callbacks: what was read in an earlier one is old. Literals are of the last one there could be. */
let turn: u64 = 0;
const ALWAYS: u64 = u64.MAX_VALUE;

/** A value that conditions compare: from the request, from the response, or written in the condition. */
export abstract class Operand {
  protected readAt: u64 = 0;
  private truth: Truth = Truth.True;

  /** Makes the value ready. True: it is there; Error: it is not, and asking is an error; Unknown: the host must be asked. */
  get(): Truth {
    if (this.readAt < turn) {
      this.readAt = turn;
      this.truth = this.read();
    }
    return this.truth;
  }

  /** Once in a callback. */
  protected abstract read(): Truth;
}

export abstract class Text extends Operand {
  ptr: usize = 0;
  size: i32 = 0;
  private asciiAt: u64 = 0;
  private isPlain: bool = false;

  /** Whether all of it is ASCII; after `get`. */
  get isAscii(): bool {
    if (this.asciiAt < turn) {
      this.asciiAt = turn;
      let seen: u32 = 0;
      for (let i = 0; i < this.size; ++i) seen |= load<u8>(this.ptr + i);
      this.isPlain = seen < 0x80;
    }
    return this.isPlain;
  }
}

export abstract class Integer extends Operand {
  value: i64 = 0;
}

export class TextLiteral extends Text {
  constructor(readonly bytes: ArrayBuffer) {
    super();
    this.ptr = changetype<usize>(bytes);
    this.size = bytes.byteLength;
    this.readAt = ALWAYS;
  }

  protected read(): Truth {
    return Truth.True;
  }
}

export class IntegerLiteral extends Integer {
  constructor(value: i64) {
    super();
    this.value = value;
    this.readAt = ALWAYS;
  }

  protected read(): Truth {
    return Truth.True;
  }
}

/** The line of one name in a header map. */
export class HeaderText extends Text {
  count: i32 = 0;
  next: HeaderText | null = null;
  sibling: HeaderText | null = null;

  constructor(
    private lines: HeaderLines,
    /** In lower case. */
    readonly name: ArrayBuffer,
  ) {
    super();
  }

  protected read(): Truth {
    this.lines.read();
    if (this.count == 1) return Truth.True;
    // CEL joins several lines.
    return this.count == 0 ? Truth.Error : Truth.Unknown;
  }
}

/** `request.url_path`: the target up to "?". Source: envoy source/extensions/filters/common/expr/context.cc. */
export class UrlPath extends Text {
  constructor(private target: HeaderText) {
    super();
  }

  protected read(): Truth {
    const target = this.target;
    const truth = target.get();
    // Without a path it is empty there, and no error.
    if (truth != Truth.True) return Truth.Unknown;
    let size = 0;
    while (size < target.size && load<u8>(target.ptr + size) != 0x3f) ++size;
    this.ptr = target.ptr;
    this.size = size;
    return Truth.True;
  }
}

/** The names that conditions ask for in one header map, found in one walk. */
export class HeaderLines {
  private first: HeaderText | null = null;
  private byLength: StaticArray<HeaderText | null> = new StaticArray<HeaderText | null>(32);
  private readAt: u64 = 0;
  private map: HeaderMap;

  constructor(kind: MapKind) {
    this.map = new HeaderMap(kind);
  }

  /** The line of this name, in lower case. Only while the configuration is read. */
  watch(name: ArrayBuffer): HeaderText {
    const bucket = name.byteLength & 31;
    let line = this.byLength[bucket];
    while (line !== null) {
      if (isSame(line.name, name)) return line;
      line = line.sibling;
    }
    const made = new HeaderText(this, name);
    made.next = this.first;
    made.sibling = this.byLength[bucket];
    this.first = made;
    this.byLength[bucket] = made;
    return made;
  }

  read(): void {
    if (this.readAt == turn) return;
    this.readAt = turn;
    let line = this.first;
    while (line !== null) {
      line.count = 0;
      line = line.next;
    }
    const entries = this.map.entries();
    while (entries.next()) {
      line = unchecked(this.byLength[entries.nameSize & 31]);
      while (line !== null) {
        if (entries.nameEquals(line.name)) {
          line.count += 1;
          line.ptr = entries.valuePtr;
          line.size = entries.valueSize;
          break;
        }
        line = line.sibling;
      }
    }
  }
}

/** A property that is text. Whether it is missing, and what that means, the host says. */
export class PropertyText extends Text {
  private path: Path;
  private bytes: ArrayBuffer | null = null;

  constructor(name: string) {
    super();
    this.path = Path.of(name);
  }

  protected read(): Truth {
    const bytes = property.bytes(this.path);
    this.bytes = bytes;
    if (bytes === null) return Truth.Unknown;
    this.ptr = changetype<usize>(bytes);
    this.size = bytes.byteLength;
    return Truth.True;
  }
}

/** A property that is a whole number. */
export class PropertyInteger extends Integer {
  private path: Path;

  constructor(name: string) {
    super();
    this.path = Path.of(name);
  }

  protected read(): Truth {
    const bytes = property.bytes(this.path);
    if (bytes === null || bytes.byteLength != 8) return Truth.Unknown;
    this.value = load<i64>(changetype<usize>(bytes));
    return Truth.True;
  }
}

/** Everything that the conditions of a plugin look at. */
export class Facts {
  readonly request: HeaderLines;
  readonly response: HeaderLines = new HeaderLines(MapKind.ResponseHeaders);
  private texts: Map<string, Text> = new Map<string, Text>();
  private integers: Map<string, PropertyInteger> = new Map<string, PropertyInteger>();
  readonly urlPath: UrlPath;
  readonly method: HeaderText;

  constructor() {
    const request = new HeaderLines(MapKind.RequestHeaders);
    this.request = request;
    this.method = request.watch(String.UTF8.encode(":method"));
    this.urlPath = new UrlPath(request.watch(String.UTF8.encode(":path")));
    this.texts.set("request.url_path", this.urlPath);
    this.addHeader("request.path", ":path");
    this.addHeader("request.method", ":method");
    this.addHeader("request.host", ":authority");
    this.addHeader("request.scheme", ":scheme");
    this.addHeader("request.useragent", "user-agent");
    this.addHeader("request.referer", "referer");
    this.addHeader("request.id", "x-request-id");
  }

  /** Before a callback's first condition. */
  begin(): void {
    ++turn;
  }

  /** The attribute of this name; null when it is not one of those known here. */
  attribute(name: string): Operand | null {
    if (this.texts.has(name)) return this.texts.get(name);
    if (this.integers.has(name)) return this.integers.get(name);
    if (isInteger(name)) {
      const made = new PropertyInteger(name);
      this.integers.set(name, made);
      return made;
    }
    if (!isPlainText(name)) return null;
    const made = new PropertyText(name);
    this.texts.set(name, made);
    return made;
  }

  private addHeader(attribute: string, name: string): void {
    this.texts.set(attribute, this.request.watch(String.UTF8.encode(name)));
  }
}

/** Attributes that are a CEL int. Source: Envoy's documentation of attributes, and context.cc. */
function isInteger(name: string): bool {
  return (
    name == "response.code" ||
    name == "response.grpc_status" ||
    name == "response.size" ||
    name == "response.total_size" ||
    name == "request.size" ||
    name == "request.total_size"
  );
}

/** Attributes that are a CEL string. */
function isPlainText(name: string): bool {
  return (
    name == "request.protocol" ||
    name == "response.code_details" ||
    name == "xds.route_name" ||
    name == "xds.cluster_name" ||
    name == "source.address" ||
    name == "destination.address"
  );
}

function isSame(a: ArrayBuffer, b: ArrayBuffer): bool {
  return a.byteLength == b.byteLength && memory.compare(changetype<usize>(a), changetype<usize>(b), a.byteLength) == 0;
}
