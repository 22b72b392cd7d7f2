// Reads a scheme of the grammar: one that is spelled out, or a preset, which is written in the same grammar.
import { ConfigReader, lowerToken } from "@proxy-wasm-kit/sdk/json";
import { ALGORITHM_NAMES, Algorithm } from "../algorithm";
import { findByte, isBytes } from "../bytes";
import { Encoding } from "../encoding";
import { Line, RequestLines } from "../lines";
import { BodyField } from "../template/body-json";
import { SignatureList } from "../template/list";
import { Coverage, Template } from "../template/template";
import { Part, PartKind, PLACEHOLDERS } from "../template/text";
import { Unit } from "../template/timestamp";
import { Ports, QueryParameter, UrlText } from "../template/url";

const NOTHING = new ArrayBuffer(0);

/** `toleranceSeconds` and `publicBaseUrl` are the rule's; 0 and empty when it has none. */
export function readTemplate(
  reader: ConfigReader,
  lines: RequestLines,
  toleranceSeconds: i64,
  publicBaseUrl: ArrayBuffer,
): Template {
  const template = new Template(lines.watch(readHeader(reader, "header")));
  template.prefix = reader.bytesOr("prefix", NOTHING);
  template.encoding = <Encoding>reader.oneOfOr("encoding", ["hex", "base64", "base64url"], Encoding.Hex);
  template.algorithm = <Algorithm>reader.oneOfOr("algorithm", ALGORITHM_NAMES, Algorithm.Sha256);
  template.list = readList(reader);
  readTime(reader, template, lines, toleranceSeconds);
  readId(reader, template, lines);
  const url = reader.objectOrNone("url");
  const ports = <Ports>url.oneOfOr("ports", ["as-is", "both"], Ports.AsIs);
  template.url = new UrlText(lines, publicBaseUrl, url.bytesOr("decode", NOTHING), ports);
  const bodyHash = url.bytesOr("body_hash_query", NOTHING);
  if (bodyHash.byteLength != 0) {
    template.bodyHash = new QueryParameter(bodyHash);
    template.path = lines.watch(String.UTF8.encode(":path"));
  }
  new StringToSign(reader, template, lines).read();
  const refuses = template.isBodyAlone ? 0 : 1;
  template.refusesEmptyBody = reader.oneOfOr("empty_body", ["reject", "accept"], refuses) == 0;
  return template;
}

/** The name of a header that must be there; requests have their host in ":authority". */
export function readHeader(reader: ConfigReader, key: string): ArrayBuffer {
  const name = reader.headerName(key);
  if (isHost(name)) reader.fail(key, "another header than the host's", "");
  return name;
}

function isHost(name: ArrayBuffer): bool {
  return isSame(name, String.UTF8.encode("host"));
}

function readList(reader: ConfigReader): SignatureList | null {
  const list = reader.objectOrNone("list");
  if (!reader.has("list")) return null;
  const separator = readText(list, "separator");
  const pair = readText(list, "pair");
  const signature = readText(list, "signature");
  const timestamp = list.has("timestamp") ? readText(list, "timestamp") : NOTHING;
  if (isSame(timestamp, signature) && signature.byteLength != 0) {
    list.fail("timestamp", "another key than the signature's", "the same");
  }
  return new SignatureList(separator, pair, signature, timestamp);
}

function isSame(a: ArrayBuffer, b: ArrayBuffer): bool {
  return isBytes(changetype<usize>(a), a.byteLength, b);
}

function readText(reader: ConfigReader, key: string): ArrayBuffer {
  const text = reader.bytes(key);
  if (text.byteLength == 0) reader.fail(key, "at least one character", "none");
  return text;
}

/** One of {element}, {header} and {body_json}. */
function readTime(reader: ConfigReader, template: Template, lines: RequestLines, toleranceSeconds: i64): void {
  const time = reader.objectOrNone("timestamp");
  const list = template.list;
  template.hasTime = reader.has("timestamp");
  if (!template.hasTime) {
    if (list !== null && list.timestamp.byteLength != 0) reader.fail("timestamp", "an object, as the list has one", "");
    return;
  }
  const isElement = time.has("element");
  const isHeader = time.has("header");
  const isBody = time.has("body_json");
  if (i32(isElement) + i32(isHeader) + i32(isBody) != 1) {
    time.failHere('one of "element" "header" "body_json"', "");
    time.giveUp();
    return;
  }
  if (isElement) {
    const element = time.bytes("element");
    if (list !== null && list.timestamp.byteLength == 0) list.timestamp = element;
    if (
      list === null ||
      element.byteLength == 0 ||
      !isSame(element, list.timestamp) ||
      isSame(element, list.signature)
    ) {
      time.fail("element", "the timestamp of the list", "another one");
    }
  } else if (list !== null && list.timestamp.byteLength != 0) {
    time.failHere('an "element", as the list has a timestamp', "");
  }
  if (isHeader) {
    const line = lines.watch(readHeader(time, "header"));
    template.timestamp = line;
    template.timestampName = String.UTF8.decode(line.name);
  }
  if (isBody) template.bodyField = new BodyField(readText(time, "body_json"));
  template.unit = <Unit>time.oneOfOr("unit", ["s", "ms"], Unit.Seconds);
  const seconds = time.integerOr("tolerance_seconds", 1, 999999999999, 300);
  template.toleranceMs = (toleranceSeconds != 0 ? toleranceSeconds : seconds) * 1000;
}

function readId(reader: ConfigReader, template: Template, lines: RequestLines): void {
  const id = reader.objectOrNone("id");
  if (!reader.has("id")) return;
  const line = lines.watch(readHeader(id, "header"));
  template.id = line;
  template.idName = String.UTF8.decode(line.name);
}

/** Cuts the string to sign into its parts, and checks that what decides about a request is signed. */
class StringToSign {
  private last: Part | null = null;
  private hasTimestamp: bool = false;
  private hasId: bool = false;
  private hasQuery: bool = false;
  private inTail: bool = false;
  private count: i32 = 0;

  constructor(
    private reader: ConfigReader,
    private template: Template,
    private lines: RequestLines,
  ) {}

  read(): void {
    const template = this.template;
    const text = this.reader.bytesOr("string_to_sign", String.UTF8.encode("{body}"));
    const ptr = changetype<usize>(text);
    const size = text.byteLength;
    template.coverage = Coverage.None;
    let at = 0;
    while (at < size) {
      const open = at + findByte(ptr + at, size - at, 0x7b);
      if (open != at) this.add(PartKind.Literal, text.slice(at, open), null);
      if (open == size) break;
      const close = open + findByte(ptr + open, size - open, 0x7d);
      if (close == size) {
        this.fail("a } behind each {", "none");
        return;
      }
      this.addPlaceholder(text.slice(open + 1, close));
      at = close + 1;
    }
    if (this.count == 0) this.fail("at least one placeholder", "none");
    const first = template.parts;
    template.isBodyAlone = template.coverage == Coverage.Body && first === null && template.tailParts === null;
    this.check();
  }

  private check(): void {
    const template = this.template;
    const coverage = template.coverage;
    const timestamp = template.timestamp;
    const isInHeader = timestamp !== null && this.hasHeader(template.parts, timestamp);
    const isInTail = timestamp !== null && this.hasHeader(template.tailParts, timestamp);
    const isInBody = template.bodyField !== null;
    if (isInBody && coverage != Coverage.Body) this.fail("{body}, which has the time", "none");
    if (isInBody && this.hasTimestamp) this.fail("no {timestamp}, as the time is in the body", "one");
    if (this.hasTimestamp != template.hasTime && !isInBody && !isInHeader && !isInTail) {
      this.fail(template.hasTime ? "{timestamp}, as there is one" : '"timestamp", as there is a {timestamp}', "none");
    }
    if (template.bodyHash !== null && !this.hasQuery) this.fail("{url} or {query}, which has the digest", "none");
    if (this.hasId != (template.id !== null)) {
      this.fail(this.hasId ? '"id", as there is an {id}' : "{id}, as there is one", "none");
    }
  }

  private hasHeader(part: Part | null, line: Line): bool {
    while (part !== null) {
      if (part.kind == PartKind.Header && part.line === line) return true;
      part = part.next;
    }
    return false;
  }

  private addPlaceholder(name: ArrayBuffer): void {
    const size = name.byteLength;
    const word = findByte(changetype<usize>(name), size, 0x3a);
    const kind = this.kindOf(name.slice(0, word));
    if (kind == PartKind.Literal || (kind == PartKind.Header) != (word != size)) {
      this.fail("a placeholder that is known", "another one");
      return;
    }
    ++this.count;
    this.add(kind, NOTHING, this.lineOf(kind, name.slice(min(word + 1, size))));
  }

  private kindOf(word: ArrayBuffer): PartKind {
    for (let i = 1; i < PLACEHOLDERS.length; ++i) {
      if (isBytes(changetype<usize>(word), word.byteLength, String.UTF8.encode(unchecked(PLACEHOLDERS[i])))) return i;
    }
    return PartKind.Literal;
  }

  private lineOf(kind: PartKind, name: ArrayBuffer): Line | null {
    if (kind == PartKind.Method) return this.lines.watch(String.UTF8.encode(":method"));
    if (kind == PartKind.Host) return this.lines.watch(String.UTF8.encode(":authority"));
    if (kind == PartKind.Path || kind == PartKind.Query) return this.lines.watch(String.UTF8.encode(":path"));
    if (kind != PartKind.Header) return null;
    if (!lowerToken(changetype<usize>(name), name.byteLength) || isHost(name)) {
      this.fail("{header:name} with the name of a header", "another one");
    }
    return this.lines.watch(name);
  }

  private add(kind: PartKind, text: ArrayBuffer, line: Line | null): void {
    const template = this.template;
    if (kind == PartKind.Timestamp) this.hasTimestamp = true;
    if (kind == PartKind.Id) this.hasId = true;
    if (kind == PartKind.Url || kind == PartKind.Query) this.hasQuery = true;
    if (kind == PartKind.Body || kind == PartKind.Form) {
      if (template.coverage != Coverage.None) this.fail("{body} or {form} once", "more");
      template.coverage = kind == PartKind.Body ? Coverage.Body : Coverage.Form;
      if (kind == PartKind.Form) template.contentType = this.lines.watch(String.UTF8.encode("content-type"));
      this.inTail = true;
      this.last = null;
      return;
    }
    const part = new Part(kind, text, line);
    const last = this.last;
    if (last !== null) last.next = part;
    else if (this.inTail) template.tailParts = part;
    else template.parts = part;
    this.last = part;
  }

  private fail(expected: string, found: string): void {
    this.reader.fail("string_to_sign", expected, found);
  }
}
