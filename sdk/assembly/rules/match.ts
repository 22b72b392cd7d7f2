// The "match" block of a rule: each of its keys must hold; of the texts in a list one, of "headers" every one. A key that
// is not there holds for every request.
import { ConfigReader } from "../json/config-reader";
import { same } from "../text";
import { HeaderCondition } from "./header";
import { HostList } from "./host-list";
import { PathPattern } from "./path";
import { RequestFacts } from "./request-facts";
import { readTexts } from "./texts";

export class Match {
  static read(reader: ConfigReader, facts: RequestFacts): Match {
    const match = new Match();
    match.hosts = HostList.read(reader, "hosts");
    match.methods = readTexts(reader, "methods", isMethod, "a method in capital letters");
    match.routes = readTexts(reader, "routes", isName, "a name");
    match.virtualHosts = readTexts(reader, "virtual_hosts", isName, "a name");
    match.paths = readPaths(reader);
    match.headers = readHeaders(reader, facts);
    return match;
  }

  private hosts: HostList | null = null;
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
    if (hosts !== null && !hosts.has(facts.hostPtr, facts.hostSize)) return false;
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
