// Paths: exact, by prefix, or a template such as "/v1/{id}/{rest...}": the syntax of Go's net/http.ServeMux. `{name}` is
// one segment that is not empty; `{name...}`, at the end only, is all the rest and may be empty. Bytes are compared as they
// were sent; nothing backtracks, so the work grows with the length of the path.
import { ConfigReader } from "../json/config-reader";
import { isText, same } from "../text";
import { keyIn } from "./key-in";

enum Kind {
  Exact,
  Prefix,
  Template,
}

export class PathPattern {
  /** `{"exact": "/a"}`, `{"prefix": "/a/"}` or `{"template": "/a/{id}"}`. */
  static read(reader: ConfigReader): PathPattern {
    const keys: StaticArray<string> = ["exact", "prefix", "template"];
    const kind = keyIn(reader, keys, 'one of "exact" "prefix" "template"');
    if (kind < 0) return new PathPattern(Kind.Exact, new ArrayBuffer(0));
    const key = unchecked(keys[kind]);
    const text = reader.bytes(key);
    const ptr = changetype<usize>(text);
    if (kind == Kind.Template) {
      if (!isTemplate(ptr, text.byteLength)) reader.fail(key, 'a template such as "/v1/{id}/{rest...}"', "");
    } else if (!isPath(ptr, text.byteLength)) {
      reader.fail(key, 'a path such as "/v1/" without query', "");
    }
    return new PathPattern(<Kind>kind, text);
  }

  /** What `find` found: valid as long as the path that it was given. */
  foundPtr: usize = 0;
  foundSize: i32 = 0;

  private constructor(
    private kind: Kind,
    private text: ArrayBuffer,
  ) {}

  matches(path: usize, size: i32): bool {
    const text = changetype<usize>(this.text);
    const length = this.text.byteLength;
    if (this.kind == Kind.Template) return this.walk(path, path + size, null);
    if (this.kind == Kind.Exact ? size != length : size < length) return false;
    return same(text, path, length);
  }

  /** Looks for what a path that matched has in the place of `{name}`; false when the template has no such name. */
  find(name: string, path: usize, size: i32): bool {
    this.foundPtr = 0;
    this.walk(path, path + size, name);
    return this.foundPtr != 0;
  }

  /** Whether the whole path is as the template says; ends early when it comes to `wanted`. */
  private walk(path: usize, end: usize, wanted: string | null): bool {
    let at = changetype<usize>(this.text);
    const textEnd = at + this.text.byteLength;
    while (at < textEnd) {
      const byte = load<u8>(at++);
      if (byte != 0x7b) {
        if (path == end || load<u8>(path++) != byte) return false;
        continue;
      }
      const name = at;
      at = wordEnd(at, textEnd);
      const isRest = load<u8>(at) == 0x2e;
      const start = path;
      if (isRest) path = end;
      else path = segmentEnd(path, end);
      if (wanted !== null && isText(name, <i32>(at - name), wanted)) {
        this.foundPtr = start;
        this.foundSize = <i32>(path - start);
        return true;
      }
      if (path == start && !isRest) return false;
      at += isRest ? 4 : 1;
    }
    return path == end;
  }
}

/** Whether a request can have this path: from "/", in ASCII that can be seen, without query and fragment. */
export function isPath(ptr: usize, size: i32): bool {
  if (size == 0 || load<u8>(ptr) != 0x2f) return false;
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if (byte <= 0x20 || byte >= 0x7f || byte == 0x23 || byte == 0x3f) return false;
  }
  return true;
}

/** Whether the text is a path whose braces are whole segments, with names that are words and occur once. */
export function isTemplate(ptr: usize, size: i32): bool {
  if (!isPath(ptr, size)) return false;
  const end = ptr + size;
  for (let at = ptr; at < end; ++at) {
    const byte = load<u8>(at);
    if (byte == 0x7d) return false;
    if (byte != 0x7b) continue;
    if (load<u8>(at - 1) != 0x2f) return false;
    const name = at + 1;
    at = wordEnd(name, end);
    if (at == name || isNamed(ptr, name, <i32>(at - name))) return false;
    const isRest = at + 4 == end && isText(at, 3, "...");
    if (isRest) at += 3;
    if (at == end || load<u8>(at) != 0x7d) return false;
    if (at + 1 != end && load<u8>(at + 1) != 0x2f) return false;
  }
  return true;
}

/** Whether the template has this name before the place where it stands. */
function isNamed(template: usize, name: usize, size: i32): bool {
  for (let at = template + 1; at < name; ++at) {
    if (load<u8>(at - 1) == 0x7b && same(at, name, size) && wordEnd(at, name) == at + size) return true;
  }
  return false;
}

/** Where the letters, digits and "_" from here on end. */
function wordEnd(at: usize, end: usize): usize {
  while (at < end && isWord(load<u8>(at))) ++at;
  return at;
}

function isWord(byte: i32): bool {
  const letter = byte | 0x20;
  return (letter >= 0x61 && letter <= 0x7a) || (byte >= 0x30 && byte <= 0x39) || byte == 0x5f;
}

function segmentEnd(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != 0x2f) ++at;
  return at;
}
