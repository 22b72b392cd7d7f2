// Headers in the configuration: their names and values.
import { isText } from "@proxy-wasm-kit/sdk";
import { ConfigReader, JsonKind, lowerToken } from "@proxy-wasm-kit/sdk/json";
import { HeaderLine } from "./settings";

/** The key "name", in lower case; `otherwise` when it is not there, or an error when that is "". */
export function readHeaderName(reader: ConfigReader, otherwise: string): ArrayBuffer {
  if (otherwise.length != 0 && !reader.has("name")) {
    reader.stringOr("name", otherwise);
    return String.UTF8.encode(otherwise);
  }
  const name = reader.headerName("name");
  if (isFraming(changetype<usize>(name), name.byteLength)) {
    reader.fail("name", "another header, not one that frames the request", "");
  }
  return name;
}

/** The key "value": as HTTP allows it. */
export function readHeaderValue(reader: ConfigReader, otherwise: string): string {
  const value = reader.stringOr("value", otherwise);
  if (!isFieldValue(value)) reader.fail("value", "the value of a header", "something else");
  return value;
}

export function readHeaderNames(
  reader: ConfigReader,
  key: string,
  otherwise: StaticArray<string>,
): StaticArray<string> {
  const list = reader.list(key);
  if (list === null) return otherwise;
  const names = new StaticArray<string>(list.length);
  let item = list.first;
  while (item !== null) {
    const name = item.bytes();
    const ptr = changetype<usize>(name);
    const isName = item.kind == JsonKind.String && lowerToken(ptr, name.byteLength);
    if (!isName) reader.failAt(item, "the name of a header", "something else");
    else if (isFraming(ptr, name.byteLength)) {
      reader.failAt(item, "another header, not one that frames the request", "");
    }
    unchecked((names[item.index] = String.UTF8.decode(name)));
    item = item.next;
  }
  return names;
}

export function readHeaderLines(
  reader: ConfigReader,
  key: string,
  otherwise: StaticArray<HeaderLine>,
): StaticArray<HeaderLine> {
  const readers = reader.objectsOrNone(key);
  if (!reader.has(key)) return otherwise;
  const lines = new StaticArray<HeaderLine>(readers.length);
  for (let i = 0; i < readers.length; ++i) {
    const line = unchecked(readers[i]);
    const name = readHeaderName(line, "");
    line.string("value");
    unchecked((lines[i] = new HeaderLine(String.UTF8.decode(name), name, readHeaderValue(line, ""))));
  }
  return lines;
}

/** The host is a matter of the map; the others say where the request ends. */
function isFraming(ptr: usize, size: i32): bool {
  return (
    isText(ptr, size, "host") ||
    isText(ptr, size, "content-length") ||
    isText(ptr, size, "transfer-encoding") ||
    isText(ptr, size, "connection")
  );
}

/** RFC 9110 section 5.5, without the obsolete bytes above ASCII. */
function isFieldValue(text: string): bool {
  const last = text.length - 1;
  for (let i = 0; i <= last; ++i) {
    const code = text.charCodeAt(i);
    const isBlank = code == 0x20 || code == 0x09;
    if (isBlank ? i == 0 || i == last : code < 0x21 || code > 0x7e) return false;
  }
  return true;
}
