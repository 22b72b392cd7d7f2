// The "match" block of a rule: each of its keys must hold; of the texts in a list one, of "headers" every one. A key that
// is not there holds for every request.
import { ConfigReader } from "../json/config-reader";
import { JsonKind } from "../json/json";
import { same } from "../text";
import { HeaderCondition } from "./header";
import { hostMatches, lowerHostPattern } from "./host";
import { PathPattern } from "./path";
import { RequestFacts } from "./request-facts";

export class Match {
  static read(reader: ConfigReader, facts: RequestFacts): Match {
    const match = new Match();
    match.hosts = readTexts(reader, "hosts", lowerHostPattern, 'a host such as "a.com" or "*.a.com"');
    match.methods = readTexts(reader, "methods", isMethod, "a method in capital letters");
    match.routes = readTexts(reader, "routes", isName, "a name");
    match.virtualHosts = readTexts(reader, "virtual_hosts", isName, "a name");
    match.paths = readPaths(reader);
    match.headers = readHeaders(reader, facts);
    return match;
  }

  private hosts: StaticArray<ArrayBuffer> | null = null;
  private methods: StaticArray<ArrayBuffer> | null = null;
  private routes: StaticArray<ArrayBuffer> | null = null;
  private virtualHosts: StaticArray<ArrayBuffer> | null = null;
  private paths: StaticArray<PathPattern> | null = null;
  private headers: StaticArray<HeaderCondition> | null = null;

  /** Leaves in `facts.pattern` what the path matched; null when the rule has no paths. */
  accepts(facts: RequestFacts): bool {
    const methods = this.methods;
    if (methods !== null && !isOneOf(methods, facts.methodPtr, facts.methodSize)) return false;
    const hosts = this.hosts;
    if (hosts !== null && !isHostOf(hosts, facts.hostPtr, facts.hostSize)) return false;
    const headers = this.headers;
    if (headers !== null) {
      for (let i = 0; i < headers.length; ++i) if (!unchecked(headers[i]).holds) return false;
    }
    const paths = this.paths;
    facts.pattern = null;
    if (paths !== null && !isPathOf(paths, facts)) return false;
    // Last, as they may need a call to the host.
    const routes = this.routes;
    if (routes !== null && !facts.route.isOneOf(routes)) return false;
    const virtualHosts = this.virtualHosts;
    return virtualHosts === null || facts.virtualHost.isOneOf(virtualHosts);
  }
}

/** A list of strings that are each `good`, which may change them where they stand; null when there is no such key. */
function readTexts(
  reader: ConfigReader,
  key: string,
  good: (ptr: usize, size: i32) => bool,
  expected: string,
): StaticArray<ArrayBuffer> | null {
  const list = reader.list(key);
  if (list === null) return null;
  if (list.length == 0) reader.fail(key, "at least one", "none");
  const texts = new StaticArray<ArrayBuffer>(list.length);
  let item = list.first;
  while (item !== null) {
    const text = item.bytes();
    if (item.kind != JsonKind.String || !good(changetype<usize>(text), text.byteLength)) {
      reader.failAt(item, expected, "");
    }
    unchecked((texts[item.index] = text));
    item = item.next;
  }
  return texts;
}

function readPaths(reader: ConfigReader): StaticArray<PathPattern> | null {
  const readers = reader.objectsOrNone("paths");
  if (!reader.has("paths")) return null;
  if (readers.length == 0) reader.fail("paths", "at least one path", "none");
  const paths = new StaticArray<PathPattern>(readers.length);
  for (let i = 0; i < readers.length; ++i) unchecked((paths[i] = PathPattern.read(unchecked(readers[i]))));
  return paths;
}

function readHeaders(reader: ConfigReader, facts: RequestFacts): StaticArray<HeaderCondition> | null {
  const readers = reader.objectsOrNone("headers");
  if (!reader.has("headers")) return null;
  if (readers.length == 0) reader.fail("headers", "at least one condition", "none");
  const conditions = new StaticArray<HeaderCondition>(readers.length);
  for (let i = 0; i < readers.length; ++i) {
    const condition = HeaderCondition.read(unchecked(readers[i]));
    facts.add(condition);
    unchecked((conditions[i] = condition));
  }
  return conditions;
}

function isOneOf(texts: StaticArray<ArrayBuffer>, ptr: usize, size: i32): bool {
  for (let i = 0; i < texts.length; ++i) {
    const text = unchecked(texts[i]);
    if (text.byteLength == size && same(changetype<usize>(text), ptr, size)) return true;
  }
  return false;
}

function isHostOf(patterns: StaticArray<ArrayBuffer>, ptr: usize, size: i32): bool {
  for (let i = 0; i < patterns.length; ++i) if (hostMatches(unchecked(patterns[i]), ptr, size)) return true;
  return false;
}

/** Leaves the pattern that matches in `facts.pattern`. */
function isPathOf(patterns: StaticArray<PathPattern>, facts: RequestFacts): bool {
  for (let i = 0; i < patterns.length; ++i) {
    const pattern = unchecked(patterns[i]);
    if (!pattern.matches(facts.pathPtr, facts.pathSize)) continue;
    facts.pattern = pattern;
    return true;
  }
  return false;
}

/** Methods are compared with regard to case (RFC 9110 section 9.1), and those in use have no small letters. */
function isMethod(ptr: usize, size: i32): bool {
  for (let i = 0; i < size; ++i) {
    const byte = load<u8>(ptr + i);
    if ((byte < 0x41 || byte > 0x5a) && byte != 0x2d && byte != 0x5f) return false;
  }
  return size != 0;
}

function isName(ptr: usize, size: i32): bool {
  return size != 0;
}
