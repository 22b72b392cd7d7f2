// What is wrong with a configuration, a line each: "/rules/0/limit (line 3): expected a number, found a string".
import { Encoder } from "../text";
import { Json, JsonKind } from "./json";

export class Problems extends Encoder {
  /** Begins an error: on a line of its own, with the place of the value. */
  at(value: Json): void {
    if (this.length != 0) this.appendByte(0x0a);
    value.appendPath(this);
  }

  /** What was expected of the value, and what was found in its place. */
  explain(value: Json, expected: string, found: string): void {
    this.line(value).append(": expected ").append(expected);
    if (found.length != 0) this.append(", found ").append(found);
  }

  /** " (line 3)" in a text of several lines; Envoy makes one line of a Struct, and then it says nothing. */
  line(value: Json): this {
    const line = value.line();
    if (line != 1) this.append(" (line ").appendNumber(line).appendByte(0x29);
    return this;
  }
}

/** A kind as errors name it. */
export function nameOf(kind: JsonKind): string {
  if (kind == JsonKind.Null) return "null";
  if (kind == JsonKind.Bool) return "a boolean";
  if (kind == JsonKind.Number) return "a number";
  if (kind == JsonKind.String) return "a string";
  return kind == JsonKind.Array ? "an array" : "an object";
}

/** What stands there: its kind, never its value. */
export function describe(value: Json | null): string {
  return value === null ? "nothing" : nameOf(value.kind);
}
