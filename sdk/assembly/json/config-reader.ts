// How a filter reads its configuration: strictly. Every key is asked for by name and type; what is missing, of another
// type, out of range, or was never asked for is an error with its JSON pointer (and line, in a text of several lines).
// Errors name keys and types, never values: a value may be a secret.
import { LogLevel } from "../abi";
import { logLines } from "../log";
import { decode, Encoder } from "../text";
import { Json, JsonKind } from "./json";
import { JsonParser } from "./parser";

export class ConfigReader {
  /** Reads the text of a configuration, which must be one JSON object. */
  static read(text: ArrayBuffer): ConfigReader {
    const problems = new Encoder();
    const parser = new JsonParser(text);
    const whole = parser.parse();
    if (whole === null && text.byteLength != 0) {
      parser.appendError(problems);
    } else if (whole === null || whole.kind != JsonKind.Object) {
      problems.append("/: expected an object, found ").append(whole === null ? "nothing" : nameOf(whole.kind));
    }
    return new ConfigReader(problems.length == 0 ? whole : null, problems);
  }

  /** Names asked for, to tell them when another one is found. */
  private known: Encoder = new Encoder();

  /** Without a `node`, after a first error, everything reads as absent and says nothing more. */
  private constructor(
    private node: Json | null,
    private problems: Encoder,
  ) {}

  has(key: string): bool {
    const node = this.node;
    return node !== null && node.get(key) !== null;
  }

  /** A string that must be there, in UTF-8; empty after an error. */
  bytes(key: string): ArrayBuffer {
    const value = this.member(key, JsonKind.String);
    if (value !== null) return value.bytes();
    if (!this.has(key)) this.fail(key, "a string", "nothing");
    return new ArrayBuffer(0);
  }

  /** A string that must be there; "" after an error. */
  string(key: string): string {
    return decode(this.bytes(key));
  }

  stringOr(key: string, otherwise: string): string {
    const value = this.member(key, JsonKind.String);
    return value === null ? otherwise : value.string();
  }

  /** The name of a header (RFC 9110 section 5.6.2) that must be there: in UTF-8, and in lower case as the host has it. */
  headerName(key: string): ArrayBuffer {
    const errors = this.problems.length;
    const name = this.bytes(key);
    const good = lowerToken(changetype<usize>(name), name.byteLength);
    if (!good && errors == this.problems.length) this.fail(key, "the name of a header", "something else");
    return name;
  }

  boolOr(key: string, otherwise: bool): bool {
    const value = this.member(key, JsonKind.Bool);
    return value === null ? otherwise : value.bool();
  }

  /** A whole number from `least` to `most`. */
  integerOr(key: string, least: i64, most: i64, otherwise: i64): i64 {
    const value = this.member(key, JsonKind.Number);
    if (value === null) return otherwise;
    const number = value.integerOr(i64.MIN_VALUE);
    if (number >= least && number <= most) return number;
    this.fail(key, "a whole number from ", "");
    this.problems.appendNumber(least).append(" to ").appendNumber(most);
    return otherwise;
  }

  /** One of `names`, as its index. */
  oneOf(key: string, names: StaticArray<string>, otherwise: i32): i32 {
    const value = this.member(key, JsonKind.String);
    if (value === null) return otherwise;
    const text = value.bytes();
    const name = new Encoder();
    for (let i = 0; i < names.length; ++i) {
      if (name.set(unchecked(names[i])).equals(changetype<usize>(text), text.byteLength)) return i;
    }
    this.fail(key, "one of", "");
    for (let i = 0; i < names.length; ++i) this.problems.append(' "').append(unchecked(names[i])).append('"');
    return otherwise;
  }

  /** Adds an error about a key: what was expected, and what was found in its place (never the value itself). */
  fail(key: string, expected: string, found: string): void {
    const node = this.node;
    if (node === null) return;
    this.at(node);
    if (node.parent !== null) this.problems.appendByte(0x2f);
    this.problems.append(key);
    const member = node.get(key);
    this.line(member === null ? node : member)
      .append(": expected ")
      .append(expected);
    if (found.length != 0) this.problems.append(", found ").append(found);
  }

  /** Call it last: a key that nothing has asked for is an error. Logs every error, a line each; true when all is well. */
  finish(filter: string): bool {
    const node = this.node;
    if (node !== null) this.checkAsked(node.first);
    logLines(LogLevel.Error, filter, this.problems);
    return this.problems.length == 0;
  }

  /** Grows with every error. */
  get errorSize(): i32 {
    return this.problems.length;
  }

  /** All errors so far, a line each. */
  get errors(): string {
    return decode(this.problems.toBuffer());
  }

  /** The member if it is there and of this kind; an error when it is of another. */
  private member(key: string, kind: JsonKind): Json | null {
    this.known.appendByte(0x20).append(key);
    const node = this.node;
    if (node === null) return null;
    const value = node.get(key);
    if (value === null || value.kind == kind) return value;
    this.fail(key, nameOf(kind), nameOf(value.kind));
    return null;
  }

  private checkAsked(first: Json | null): void {
    let member = first;
    while (member !== null) {
      if (!member.asked) {
        this.at(member);
        this.line(member).append(": unknown key; known are").appendBytes(this.known.ptr, this.known.length);
      }
      member = member.next;
    }
  }

  /** Begins an error: on a line of its own, with the place of the value. */
  private at(value: Json): void {
    if (this.problems.length != 0) this.problems.appendByte(0x0a);
    value.appendPath(this.problems);
  }

  /** " (line 3)" in a text of several lines; Envoy makes one line of a Struct, and then it says nothing. */
  private line(value: Json): Encoder {
    const line = value.line();
    if (line != 1) this.problems.append(" (line ").appendNumber(line).appendByte(0x29);
    return this.problems;
  }
}

function nameOf(kind: JsonKind): string {
  if (kind == JsonKind.Null) return "null";
  if (kind == JsonKind.Bool) return "a boolean";
  if (kind == JsonKind.Number) return "a number";
  if (kind == JsonKind.String) return "a string";
  return kind == JsonKind.Array ? "an array" : "an object";
}

/** Turns a token to lower case where it stands; false when it is empty or has other characters. */
function lowerToken(ptr: usize, length: i32): bool {
  for (let i = 0; i < length; ++i) {
    const byte = <i32>load<u8>(ptr + i);
    const letter = byte | 0x20;
    if (letter >= 0x61 && letter <= 0x7a) store<u8>(ptr + i, letter);
    else if ((byte < 0x30 || byte > 0x39) && !isTokenMark(byte)) return false;
  }
  return length != 0;
}

/** One of !#$%&'*+-.^_`|~ */
function isTokenMark(byte: i32): bool {
  if (byte < 0x20) return false;
  // A bit for each of 0x20-0x3f.
  if (byte < 0x40) return ((0x6cfa >> (byte - 0x20)) & 1) != 0;
  return byte == 0x5e || byte == 0x5f || byte == 0x60 || byte == 0x7c || byte == 0x7e;
}
