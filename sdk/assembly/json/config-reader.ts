// How a filter reads its configuration: strictly. Every key is asked for by name and type; what is missing, of another
// type, out of range, or was never asked for is an error with its JSON pointer (and line, in a text of several lines).
// Errors name keys and types, never values: a value may be a secret.
import { LogLevel } from "../abi";
import { logLines } from "../log";
import { decode, Encoder } from "../text";
import { parseDurationMs } from "./duration";
import { lowerToken } from "./header-name";
import { Json, JsonKind } from "./json";
import { JsonParser } from "./parser";
import { describe, nameOf, Problems } from "./problems";

/** No whole number of 15 digits. */
const NO_INTEGER: i64 = i64.MIN_VALUE;

export class ConfigReader {
  /** Reads the text of a configuration, which must be one JSON object. */
  static read(text: ArrayBuffer): ConfigReader {
    const problems = new Problems();
    const parser = new JsonParser(text);
    const whole = parser.parse();
    if (whole === null && text.byteLength != 0) {
      parser.appendError(problems);
    } else if (whole === null || whole.kind != JsonKind.Object) {
      problems.append("/: expected an object, found ").append(describe(whole));
    }
    return new ConfigReader(problems.length == 0 ? whole : null, problems);
  }

  /** Names asked for, to tell them when another one is found. */
  private known: Encoder = new Encoder();
  /** The last of them, which may be asked for in two ways. */
  private lastKnown: usize = 0;
  /** The key that the last error is about; literals of one text are one object. */
  private failed: usize = 0;
  /** The reader made after this one; `finish` goes through them all. */
  private next: ConfigReader | null = null;

  /** Without a `node` (after a first error, or for an object that is not there) everything reads as absent, silently. */
  private constructor(
    private node: Json | null,
    private problems: Problems,
  ) {}

  /** The object is not there, or is none; what was wrong has been said. */
  get isAbsent(): bool {
    return this.node === null;
  }

  has(key: string): bool {
    const node = this.node;
    return node !== null && node.get(key) !== null;
  }

  /** A string that must be there, in UTF-8; empty after an error. */
  bytes(key: string): ArrayBuffer {
    const value = this.member(key, JsonKind.String, true);
    return value === null ? new ArrayBuffer(0) : value.bytes();
  }

  bytesOr(key: string, otherwise: ArrayBuffer): ArrayBuffer {
    const value = this.member(key, JsonKind.String);
    return value === null ? otherwise : value.bytes();
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
    const name = this.bytes(key);
    if (!lowerToken(changetype<usize>(name), name.byteLength)) this.fail(key, "the name of a header", "something else");
    return name;
  }

  /** A boolean that must be there; false after an error. */
  bool(key: string): bool {
    this.demand(key, JsonKind.Bool);
    return this.boolOr(key, false);
  }

  boolOr(key: string, otherwise: bool): bool {
    const value = this.member(key, JsonKind.Bool);
    return value === null ? otherwise : value.bool();
  }

  /** A whole number from `least` to `most` that must be there; `least` after an error. */
  integer(key: string, least: i64, most: i64): i64 {
    this.demand(key, JsonKind.Number);
    return this.integerOr(key, least, most, least);
  }

  /** A whole number from `least` to `most`, of at most 15 digits: numbers of a Struct are doubles. */
  integerOr(key: string, least: i64, most: i64, otherwise: i64): i64 {
    const value = this.member(key, JsonKind.Number);
    if (value === null) return otherwise;
    const number = value.integerOr(NO_INTEGER);
    if (number != NO_INTEGER && number >= least && number <= most) return number;
    this.fail(key, "a whole number from ", "");
    this.problems.appendNumber(least).append(" to ").appendNumber(most);
    return otherwise;
  }

  /** A number from `least` to `most` that must be there; `least` after an error. */
  double(key: string, least: i64, most: i64): f64 {
    this.demand(key, JsonKind.Number);
    return this.doubleOr(key, least, most, <f64>least);
  }

  /** A number from `least` to `most`. */
  doubleOr(key: string, least: i64, most: i64, otherwise: f64): f64 {
    const value = this.member(key, JsonKind.Number);
    if (value === null) return otherwise;
    const number = value.double();
    if (number >= <f64>least && number <= <f64>most) return number;
    this.fail(key, "a number from ", "");
    this.problems.appendNumber(least).append(" to ").appendNumber(most);
    return otherwise;
  }

  /** A duration that must be there, in milliseconds: see `durationMsOr`; `leastMs` after an error. */
  durationMs(key: string, leastMs: i64, mostMs: i64): i64 {
    this.demand(key, JsonKind.String);
    return this.durationMsOr(key, leastMs, mostMs, leastMs);
  }

  /** A duration such as "250ms", "1.5s", "5m" or "2h", in milliseconds: a whole number of them, within the bounds. */
  durationMsOr(key: string, leastMs: i64, mostMs: i64, otherwiseMs: i64): i64 {
    const value = this.member(key, JsonKind.String);
    if (value === null) return otherwiseMs;
    const text = value.bytes();
    const ms = parseDurationMs(changetype<usize>(text), text.byteLength);
    if (ms >= max<i64>(leastMs, 0) && ms <= mostMs) return ms;
    this.fail(key, 'a duration such as "1.5s" from ', "");
    this.problems.appendNumber(leastMs).append(" ms to ").appendNumber(mostMs).append(" ms");
    return otherwiseMs;
  }

  /** One of `names`, as its index, that must be there; 0 after an error. */
  oneOf(key: string, names: StaticArray<string>): i32 {
    this.demand(key, JsonKind.String);
    return this.oneOfOr(key, names, 0);
  }

  /** One of `names`, as its index. */
  oneOfOr(key: string, names: StaticArray<string>, otherwise: i32): i32 {
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

  /** A list of strings that must be there; an item that is none is an error, and "". */
  strings(key: string): StaticArray<string> {
    this.demand(key, JsonKind.Array);
    return this.stringsOr(key, []);
  }

  stringsOr(key: string, otherwise: StaticArray<string>): StaticArray<string> {
    const list = this.member(key, JsonKind.Array);
    if (list === null) return otherwise;
    const texts = new StaticArray<string>(list.length);
    let item = list.first;
    while (item !== null) {
      if (!this.check(item, JsonKind.String)) this.failed = changetype<usize>(key);
      unchecked((texts[item.index] = item.string()));
      item = item.next;
    }
    return texts;
  }

  /** An object that must be there, to be read like this one; its keys that nobody asks for are errors too. */
  object(key: string): ConfigReader {
    this.demand(key, JsonKind.Object);
    return this.objectOrNone(key);
  }

  /** An object; when it is not there, everything in it reads as absent, even what must be there. */
  objectOrNone(key: string): ConfigReader {
    return this.inner(this.member(key, JsonKind.Object));
  }

  /** A list of objects that must be there; an item that is none is an error, and everything in it reads as absent. */
  objects(key: string): StaticArray<ConfigReader> {
    this.demand(key, JsonKind.Array);
    return this.objectsOrNone(key);
  }

  /** A list of objects; empty when it is not there. */
  objectsOrNone(key: string): StaticArray<ConfigReader> {
    const list = this.member(key, JsonKind.Array);
    if (list === null) return [];
    const readers = new StaticArray<ConfigReader>(list.length);
    let item = list.first;
    while (item !== null) {
      const reader = this.inner(this.check(item, JsonKind.Object) ? item : null);
      unchecked((readers[item.index] = reader));
      item = item.next;
    }
    return readers;
  }

  /** The list as it stands, for items of other kinds; null when it is not there, and after an error. See `failAt`. */
  list(key: string): Json | null {
    return this.member(key, JsonKind.Array);
  }

  /** The value of a key as it stands, for shapes that the others do not read; null when it is not there. See `failAt`. */
  json(key: string): Json | null {
    const node = this.ask(key);
    return node === null ? null : node.get(key);
  }

  /**
   * Adds an error about a key: what was expected, and what was found in its place (never the value itself). Says nothing
   * when the last error is about the same key.
   */
  fail(key: string, expected: string, found: string): void {
    const node = this.node;
    if (node === null || this.failed == changetype<usize>(key)) return;
    this.failed = changetype<usize>(key);
    this.problems.at(node);
    if (node.parent !== null) this.problems.appendByte(0x2f);
    this.problems.append(key);
    const member = node.get(key);
    this.problems.explain(member === null ? node : member, expected, found);
  }

  /** Adds an error about a value within what this reader reads, such as one item of a list. */
  failAt(value: Json, expected: string, found: string): void {
    this.problems.at(value);
    this.problems.explain(value, expected, found);
  }

  /** Adds an error about the object as a whole. */
  failHere(expected: string, found: string): void {
    const node = this.node;
    if (node !== null) this.failAt(node, expected, found);
  }

  /** Call it last: a key that nothing has asked for is an error. Logs every error, a line each; true when all is well. */
  finish(filter: string): bool {
    let reader: ConfigReader | null = this;
    while (reader !== null) {
      reader.checkAsked();
      reader = reader.next;
    }
    logLines(LogLevel.Error, filter, this.problems);
    return this.problems.length == 0;
  }

  /**
   * Says nothing more of this object: after an error that leaves the meaning of its other keys open, they would only be
   * further errors that are none.
   */
  giveUp(): void {
    this.node = null;
  }

  /** All errors so far, a line each. */
  get errors(): string {
    return decode(this.problems.toBuffer());
  }

  /** The object to look for the key in, which is known from now on. */
  private ask(key: string): Json | null {
    if (this.lastKnown != changetype<usize>(key)) this.known.appendByte(0x20).append(key);
    this.lastKnown = changetype<usize>(key);
    return this.node;
  }

  /** The member if it is there and of this kind; an error when it is of another. */
  private member(key: string, kind: JsonKind, required: bool = false): Json | null {
    const node = this.ask(key);
    if (node === null) return null;
    const value = node.get(key);
    if (value === null ? !required : value.kind == kind) return value;
    this.fail(key, nameOf(kind), describe(value));
    return null;
  }

  /** An error when the key is not there. */
  private demand(key: string, kind: JsonKind): void {
    if (!this.has(key)) this.fail(key, nameOf(kind), "nothing");
  }

  /** Whether the value is of this kind; an error when it is of another. */
  private check(value: Json, kind: JsonKind): bool {
    if (value.kind == kind) return true;
    this.failAt(value, nameOf(kind), describe(value));
    return false;
  }

  private inner(node: Json | null): ConfigReader {
    const reader = new ConfigReader(node, this.problems);
    // In the order of the text, behind those of this reader.
    let last: ConfigReader = this;
    let next = this.next;
    while (next !== null) {
      last = next;
      next = last.next;
    }
    last.next = reader;
    return reader;
  }

  private checkAsked(): void {
    const node = this.node;
    if (node === null) return;
    let member = node.first;
    while (member !== null) {
      if (!member.asked) {
        this.problems.at(member);
        this.problems.line(member).append(": unknown key; known are").appendBytes(this.known.ptr, this.known.length);
      }
      member = member.next;
    }
  }
}
