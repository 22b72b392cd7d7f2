/**
 * Resources to YAML. Istio reads YAML 1.1, where `y`, `no`, `on`, `0o7`, `1_000` and `12:30` are not strings; whatever
 * either version of YAML could take for something else is quoted. The same resources always give the same text.
 */
import { Document, isScalar, Scalar, type Tags, visit } from "yaml";

/** One document for each resource, separated by "---". */
export function toYaml(resources: readonly object[]): string {
  return resources.map(documentText).join("---\n");
}

/** A value in one line, as JSON that a reader of YAML 1.1 takes as it is meant, too. */
export const toFlow = (value: unknown): string => JSON.stringify(value).replace(unprintable, escaped);

function documentText(resource: object): string {
  // Aliases would be right YAML, but nobody expects them in a manifest.
  const document = new Document(resource, { version: "1.1", customTags: withoutMerge, aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_key, node) {
      if (isScalar(node) && typeof node.value === "string") node.type = styleOf(node.value);
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false }).replace(unprintable, escaped);
}

/** The tag prints "<<" without quotes, which readers take for a merge. */
const withoutMerge = (tags: Tags): Tags =>
  tags.filter((each) => typeof each === "string" || each.tag !== "tag:yaml.org,2002:merge");

/**
 * What YAML 1.1 takes for line breaks (U+0085, U+2028, U+2029) or refuses (yaml.org/spec/1.1, 5.1), and YAML 1.2 and the
 * printer do not mind. `styleOf` lets it into nothing but double quotes, where escapes are understood, as in JSON.
 */
const unprintable = /[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]/g;

const escaped = (char: string) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Plain where nothing else could be read in it: words, paths, dotted and dashed names; blocks for lines of text. */
function styleOf(text: string): Scalar.Type {
  if (text.includes("\n") && !/[^\n\x20-\x7e\u00a0-\u2027\u202a-\ud7ff]/.test(text)) return Scalar.BLOCK_LITERAL;
  const word = /^[A-Za-z_/@][A-Za-z0-9_./@-]*$/.test(text);
  return word && !reserved.test(text) ? Scalar.PLAIN : Scalar.QUOTE_DOUBLE;
}

/** Booleans and null of YAML 1.1 (yaml.org/type/bool.html, null.html). */
const reserved = /^(y|yes|n|no|true|false|on|off|null|~)$/i;
