// The module that config-reader.test.ts drives.
import { ConfigReader, JsonKind } from "../../json";

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

/** Reads `{name, hold?, limit?, strict?}` as a filter would; the result is the errors, a line each. */
export function config(): void {
  const reader = ConfigReader.read(text);
  const name = reader.string("name");
  const hold = reader.oneOfOr("hold", ["headers", "body"], 0);
  const limit = reader.integerOr("limit", 1, 1000, 7);
  const strict = reader.boolOr("strict", true);
  const good = reader.finish("test");
  result = String.UTF8.encode(good ? `${name} ${hold} ${limit} ${strict}` : reader.errors);
}

/** Reads one of each kind that may be absent; the result is what was read, or the errors, a line each. */
export function optional(): void {
  const reader = ConfigReader.read(text);
  const bytes = String.UTF8.decode(reader.bytesOr("bytes", String.UTF8.encode("none")));
  const ratio = reader.doubleOr("ratio", 0, 1, 0.5);
  const timeout = reader.durationMsOr("timeout", 1, 7200000, 15);
  const names = reader.stringsOr("names", ["a"]).join("|");
  const inner = reader.objectOrNone("inner");
  const size = inner.integerOr("size", 0, 9, 5);
  const deep = inner.objectOrNone("deep").stringOr("text", "no");
  // Without "inner" this is no error.
  const must = inner.string("must");
  let items = "";
  const list = reader.objectsOrNone("items");
  for (let i = 0; i < list.length; ++i) items += list[i].string("id") + ";";
  // A string, or an object of any keys.
  let shape = "none";
  const raw = reader.json("shape");
  if (raw !== null) {
    shape = raw.string();
    if (raw.kind == JsonKind.Object) shape = `${raw.length} keys`;
    else if (raw.kind != JsonKind.String) reader.failAt(raw, "a string or an object", "");
  }
  const good = reader.finish("test");
  const read = `${bytes} ${ratio} ${timeout} ${names} ${size} ${deep} "${must}" ${items} ${shape}`;
  result = String.UTF8.encode(good ? read : reader.errors);
}

/** Reads one of each kind that must be there; the result as in `optional`. */
export function required(): void {
  const reader = ConfigReader.read(text);
  const flag = reader.bool("flag");
  const count = reader.integer("count", -5, 5);
  const ratio = reader.double("ratio", -1, 1);
  const timeout = reader.durationMs("timeout", 1, 1000);
  const kind = reader.oneOf("kind", ["a", "b"]);
  const header = String.UTF8.decode(reader.headerName("header"));
  const names = reader.strings("names").join("|");
  const size = reader.object("inner").integer("size", 0, 9);
  const items = reader.objects("items").length;
  const good = reader.finish("test");
  const read = `${flag} ${count} ${ratio} ${timeout} ${kind} ${header} ${names} ${size} ${items}`;
  result = String.UTF8.encode(good ? read : reader.errors);
}
