// The module that json.test.ts drives.

import { JsonParser } from "../../assembly/json/parser";
import { Encoder } from "../../assembly/text";
import { ConfigReader, Json } from "../../json";

let text = new ArrayBuffer(0);
let result = new ArrayBuffer(0);

/** Room for the document. */
export function alloc(size: i32): usize {
  text = new ArrayBuffer(size);
  return changetype<usize>(text);
}

export function resultPtr(): usize {
  return changetype<usize>(result);
}

export function resultSize(): i32 {
  return result.byteLength;
}

/** Parses the document; the result is what was wrong, "" when it is JSON. */
export function parse(): void {
  const parser = new JsonParser(text);
  const value = parser.parse();
  const error = new Encoder();
  if (value === null) parser.appendError(error);
  result = error.toBuffer();
}

/** The string that the document is. */
export function string(): void {
  const value: Json | null = new JsonParser(text).parse();
  result = String.UTF8.encode(value === null ? "" : value.string());
}

/** Reads `{name, hold?, limit?, strict?}` as a filter would; the result is the errors, a line each. */
export function config(): void {
  const reader = ConfigReader.read(text);
  const name = reader.string("name");
  const hold = reader.oneOf("hold", ["headers", "body"], 0);
  const limit = reader.integerOr("limit", 1, 1000, 7);
  const strict = reader.boolOr("strict", true);
  const good = reader.finish("test");
  result = String.UTF8.encode(good ? `${name} ${hold} ${limit} ${strict}` : reader.errors);
}
