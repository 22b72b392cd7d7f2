// The module that json.test.ts drives.

import { JsonParser } from "../../assembly/json/parser";
import { Encoder } from "../../assembly/text";
import { Json } from "../../json";

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

/** The number that the document is. */
export function double(): f64 {
  const value: Json | null = new JsonParser(text).parse();
  return value === null ? NaN : value.double();
}
