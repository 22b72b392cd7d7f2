/** The documents of a manifest file, read as Kubernetes and Istio read them, and where in the text a value stands. */
import {
  type Document,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseAllDocuments,
  type Tags,
  visit,
} from "yaml";
import { type Finding, type Path, pointer, type Report, type Severity } from "./finding.ts";

export interface ManifestFile {
  /** For messages. */
  readonly name: string;
  readonly text: string;
}

/** One object of Kubernetes. */
export interface Manifest {
  readonly value: Readonly<Record<string, unknown>>;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty: that of whoever applies it. */
  readonly namespace: string;
  readonly report: Report;
}

export function readManifests(file: ManifestFile, findings: Finding[]): Manifest[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(file.text, { version: "1.1", customTags, lineCounter: lines, logLevel: "error" });
  if (!Array.isArray(documents)) return [];
  return (documents as Document.Parsed[]).flatMap((document) => {
    const add = (offset: number, object: string, path: Path, message: string, severity: Severity = "error") => {
      const { line, col } = lines.linePos(Math.max(offset, 0));
      findings.push({ severity, file: file.name, line, column: col, object, path: pointer(path), message });
    };
    const [problem] = [...document.errors, ...document.warnings];
    if (problem !== undefined) {
      add(problem.pos[0], "", [], `expected YAML, found a mistake (${problem.code})${mendOf(problem.code, file.text)}`);
      return [];
    }
    const unreadable = findUnreadable(document);
    if (unreadable !== null) {
      add(rangeOf(unreadable.node), "", [], `${unreadable.message}${mendOf("", file.text)}`);
      return [];
    }
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: mostAliases });
    } catch {
      add(0, "", [], "expected YAML, found aliases that become more than memory has");
      return [];
    }
    if (value === null || value === undefined) return [];
    const at = (object: string, path: Path, message: string, severity?: Severity) =>
      add(offsetOf(document, path), object, path, message, severity);
    return objectsIn(value, [], at);
  });
}

type At = (object: string, path: Path, message: string, severity?: Severity) => void;

/** A `List` holds others. */
function objectsIn(value: unknown, path: Path, at: At): Manifest[] {
  if (!isRecord(value)) {
    at("", path, "expected an object of Kubernetes, found something else");
    return [];
  }
  const { apiVersion, kind, items } = value;
  if (kind === "List" && Array.isArray(items))
    return items.flatMap((item, i) => objectsIn(item, [...path, "items", i], at));
  const metadata = isRecord(value.metadata) ? value.metadata : {};
  const [name, namespace] = [metadata.name, metadata.namespace].map((text) => (typeof text === "string" ? text : ""));
  const object = `${typeof kind === "string" ? kind : "object"} ${[namespace, name].filter(Boolean).join("/")}`.trim();
  const report: Report = (inner, message, severity) => at(object, [...path, ...inner], message, severity);
  if (typeof apiVersion !== "string" || typeof kind !== "string" || apiVersion === "" || kind === "") {
    report([], "expected apiVersion and kind, as every object of Kubernetes has them");
    return [];
  }
  return [{ value, apiVersion, kind, name: name ?? "", namespace: namespace ?? "", report }];
}

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** An object, or none. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> => (isRecord(value) ? value : {});

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** sigs.k8s.io/yaml has YAML 1.1's booleans and octals, but neither its times nor its numbers to the base of 60. */
function customTags(tags: Tags): Tags {
  const others = ["timestamp", "intTime", "floatTime", "binary", "omap", "pairs", "set"];
  return tags.filter(
    (tag) =>
      typeof tag === "string" ||
      (!tags60.test(tag.tag + (tag.format ?? "")) && !others.includes(tag.tag.replace("tag:yaml.org,2002:", ""))),
  );
}
const tags60 = /TIME$/;

/** The parser's own messages repeat lines of the text. */
function mendOf(code: string, text: string): string {
  if (/\{\{-?\s/.test(text)) return "; a template is to be rendered first, such as with helm template";
  return mends[code] ?? "";
}

const mends: Readonly<Record<string, string>> = {
  BAD_INDENT: ": this line is indented too much or too little",
  BAD_SCALAR_START: ": a text that begins with this character needs quotes",
  BLOCK_AS_IMPLICIT_KEY:
    ": a value with a colon and a blank in it needs quotes, and so does one before a list or object",
  DUPLICATE_KEY: ": this key stands twice in its object",
  MISSING_CHAR:
    ": a bracket, comma, colon or quote is missing; the lines of a quoted text are to be indented deeper than its key",
  MULTILINE_IMPLICIT_KEY: ": a colon is missing, or a text of many lines needs quotes",
  TAB_AS_INDENT: ": indent with blanks, not with tabs",
  RESOURCE_EXHAUSTION: ": it is nested too deep",
  TAG_RESOLVE_FAILED: ": Kubernetes has no such tag; leave it out",
  UNEXPECTED_TOKEN: ": this is not expected here",
};

/** Of one anchor, with those inside of it; as a guard against documents that are all aliases. */
const mostAliases = 10_000;

/** What the parser takes and Kubernetes does not. */
function findUnreadable(document: Document): { readonly node: unknown; readonly message: string } | null {
  let found: { readonly node: unknown; readonly message: string } | null = null;
  const anchors = new Map<string, unknown>();
  const stop = (node: unknown, message: string) => {
    found = { node, message };
    return visit.BREAK;
  };
  visit(document, {
    Pair(_key, { key }) {
      return isScalar(key)
        ? undefined
        : stop(key, "expected keys that are plain texts, found one that is a collection");
    },
    Value(_key, node) {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
    Alias(_key, node, ancestors) {
      const anchored = anchors.get(node.source);
      if (anchored === undefined) return stop(node, `expected an anchor &${node.source} before this alias, found none`);
      return ancestors.some((each) => each === anchored)
        ? stop(node, `expected an alias of something before it, found *${node.source} inside of &${node.source}`)
        : undefined;
    },
  });
  return found;
}

/** Where a value begins, its key if it has one; the nearest around it when it is not there. */
function offsetOf(document: Document, path: Path): number {
  let node: unknown = document.contents;
  let offset = rangeOf(node);
  for (const key of path) {
    if (isMap(node)) {
      const pair = node.items.find(
        (each) => isPair(each) && isScalar(each.key) && String(each.key.value) === String(key),
      );
      if (pair === undefined) return offset;
      offset = rangeOf(pair.key);
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(key)];
      if (item === undefined) return offset;
      offset = rangeOf(item);
      node = item;
    } else return offset;
  }
  return offset;
}

const rangeOf = (node: unknown): number => (node as Node | null)?.range?.[0] ?? 0;
