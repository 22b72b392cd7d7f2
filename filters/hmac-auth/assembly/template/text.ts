// The string to sign: literal text and placeholders, put together for one request.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte, same } from "../bytes";
import { Line } from "../lines";
import { Reason } from "../reason";
import { UrlForm, UrlText } from "./url";

export enum PartKind {
  Literal,
  Body,
  Timestamp,
  Id,
  Method,
  Path,
  Query,
  Url,
  Host,
  Header,
  Form,
}

/** By `PartKind`; a header's name follows behind a colon. */
export const PLACEHOLDERS: StaticArray<string> = [
  "",
  "body",
  "timestamp",
  "id",
  "method",
  "path",
  "query",
  "url",
  "host",
  "header",
  "form",
];

export class Part {
  next: Part | null = null;

  constructor(
    readonly kind: PartKind,
    /** Of a literal. */
    readonly text: ArrayBuffer,
    /** Where the value is, unless it is a time, an id or a URL. */
    readonly line: Line | null,
  ) {}

  /** The body, or what is made of it: the text is cut in two here. */
  get isBody(): bool {
    return this.kind == PartKind.Body || this.kind == PartKind.Form;
  }
}

/** Where the time and the id of the current request are. */
export class Stamps {
  timestampPtr: usize = 0;
  timestampSize: i32 = 0;
  idPtr: usize = 0;
  idSize: i32 = 0;
}

/**
 * Appends the parts from `part` to the body, or to the end. A value with the literal in it that stands between it and the
 * next value would let bytes move from one to the other under the same MAC: it is refused, with the reason of its kind.
 * That literal is the one behind a value; behind the body, where the text is read from its end, the one in front too.
 */
export function appendParts(
  part: Part | null,
  to: StringBuilder,
  stamps: Stamps,
  url: UrlText | null,
  form: UrlForm,
  isTail: bool,
): Reason {
  let before: Part | null = null;
  while (part !== null && !part.isBody) {
    const start = to.length;
    appendPart(part, to, stamps, url, form);
    if (part.kind != PartKind.Literal) {
      const value = to.ptr + start;
      const size = to.length - start;
      if (isBlurred(value, size, part.next, false)) return reasonOf(part.kind);
      if (isTail && isBlurred(value, size, before, true)) return reasonOf(part.kind);
    }
    before = part;
    part = part.next;
  }
  return Reason.None;
}

function appendPart(part: Part, to: StringBuilder, stamps: Stamps, url: UrlText | null, form: UrlForm): void {
  const kind = part.kind;
  if (kind == PartKind.Literal) {
    to.appendBuffer(part.text);
  } else if (kind == PartKind.Timestamp) {
    to.appendBytes(stamps.timestampPtr, stamps.timestampSize);
  } else if (kind == PartKind.Id) {
    to.appendBytes(stamps.idPtr, stamps.idSize);
  } else if (kind == PartKind.Url) {
    if (url !== null) url.append(to, form);
  } else {
    appendLine(part.line!, kind, to);
  }
}

function appendLine(line: Line, kind: PartKind, to: StringBuilder): void {
  const size = line.size;
  const path = kind == PartKind.Path || kind == PartKind.Query ? findByte(line.ptr, size, 0x3f) : size;
  if (kind != PartKind.Query) to.appendBytes(line.ptr, path);
  else if (path != size) to.appendBytes(line.ptr + path + 1, size - path - 1);
}

function isBlurred(value: usize, size: i32, beside: Part | null, isBefore: bool): bool {
  if (beside === null || beside.kind != PartKind.Literal) return false;
  return blurs(value, size, beside.text, isBefore);
}

/** Whether the end of a value could be taken for the beginning of the literal beside it, or has the literal in it. */
function blurs(value: usize, size: i32, literal: ArrayBuffer, isBefore: bool): bool {
  const text = changetype<usize>(literal);
  const length = literal.byteLength;
  for (let i = 0; i < size; ++i) {
    // Of the literal before a value a part may end where the value begins.
    const inside = min(length, isBefore ? i + 1 : size - i);
    const at = isBefore ? value + i + 1 - inside : value + i;
    const skipped = isBefore ? length - inside : 0;
    if (!same(at, text + skipped, inside)) continue;
    if (inside == length) return true;
    // The rest of the literal would have to go on in the literal itself.
    const rest = length - inside;
    if (isBefore ? same(text + inside, text, rest) : same(text, text + inside, rest)) return true;
  }
  return false;
}

function reasonOf(kind: PartKind): Reason {
  if (kind == PartKind.Id) return Reason.MalformedId;
  return kind == PartKind.Timestamp ? Reason.MalformedTimestamp : Reason.MalformedSignature;
}
