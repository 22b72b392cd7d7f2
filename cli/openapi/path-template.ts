/** Path templates of OpenAPI as attribute-gen has them, and which of two is the more specific. */

/** What a segment of a path is made of: text and parameters, one after the other. */
type Piece = { readonly text: string } | { readonly name: string };
type Segment = readonly Piece[];

export class PathTemplate {
  readonly #segments: readonly Segment[];

  private constructor(segments: readonly Segment[]) {
    this.#segments = segments;
  }

  /** Null: its braces are not those of OpenAPI. */
  static parse(path: string): PathTemplate | null {
    const segments = path.split("/").map(parseSegment);
    return segments.every((segment) => segment !== null) ? new PathTemplate(segments) : null;
  }

  /** What attribute-gen is told, beside the methods. */
  match(): { readonly path: object } | { readonly condition: string } {
    if (this.#segments.every(isText)) return { path: { exact: this.#text() } };
    if (this.#segments.every((segment) => isText(segment) || isParameter(segment))) {
      return { path: { template: this.#text() } };
    }
    return { condition: `request.url_path.matches(${celText(`^${this.#segments.map(pattern).join("/")}$`)})` };
  }

  /** Equal for templates that match the same paths. */
  get shape(): string {
    return this.#segments
      .map((segment) => segment.map((piece) => ("text" in piece ? piece.text : "{}")).join(""))
      .join("/");
  }

  /**
   * Negative when this one has to stand before the other: concrete paths first, as OpenAPI says, then by the first segment
   * that differs.
   */
  compare(other: PathTemplate): number {
    const [left, right] = [this.#segments, other.#segments];
    const concrete = Number(left.every(isText)) - Number(right.every(isText));
    if (concrete !== 0) return -concrete;
    if (left.every(isText)) return 0;
    for (let i = 0; i < Math.min(left.length, right.length); i++) {
      const order = compareSegments(left[i] ?? [], right[i] ?? []);
      if (order !== 0) return order;
    }
    return left.length - right.length;
  }

  /** attribute-gen wants names that are words, each once; what they are does not matter here. */
  #text(): string {
    const used = new Set<string>();
    const nameOf = (name: string) => {
      let word = name.replaceAll(/\W/g, "_");
      while (used.has(word)) word += "_";
      used.add(word);
      return word;
    };
    return this.#segments
      .map((segment) => segment.map((piece) => ("text" in piece ? piece.text : `{${nameOf(piece.name)}}`)).join(""))
      .join("/");
  }
}

/** OpenAPI 3.1 allows any name; these are what parameters are called. Others ("+", "*", ":") mean more to some tool. */
const parameter = /\{([A-Za-z0-9_.$-]+)\}/;

function parseSegment(text: string): Segment | null {
  // Each second part is a parameter's name.
  const pieces = text
    .split(parameter)
    .map((part, at): Piece => (at % 2 === 1 ? { name: part } : { text: encoded(part) }));
  if (text.replaceAll(new RegExp(parameter, "g"), "").match(/[{}]/)) return null;
  return pieces.filter((piece) => "name" in piece || piece.text !== "");
}

const isText = (segment: Segment) => segment.every((piece) => "text" in piece);
const isParameter = (segment: Segment) => segment.length === 1 && !isText(segment);

/** Text before what has text in it before a lone parameter; of two in the middle the one with more text. */
const compareSegments = (left: Segment, right: Segment): number =>
  rank(left) - rank(right) || textSize(right) - textSize(left);
const rank = (segment: Segment) => (isText(segment) ? 0 : isParameter(segment) ? 2 : 1);
const textSize = (segment: Segment) =>
  isText(segment) ? 0 : segment.reduce((sum, piece) => sum + ("text" in piece ? piece.text.length : 0), 0);

const pattern = (segment: Segment) =>
  segment.map((piece) => ("text" in piece ? piece.text.replaceAll(/[.*+?()[\]$|]/g, "[$&]") : "[^/]+")).join("");

/** What is in a path never needs an escape: quotes of one of the two kinds, and backslashes, are percent-encoded. */
const celText = (text: string) => (text.includes("'") ? `"${text}"` : `'${text}'`);

/** As clients send it: what a URL's path cannot have is percent-encoded, and what is encoded stays. */
const encoded = (text: string) =>
  text.replaceAll(/[^!$&'()*+,\-./:;=@_~%A-Za-z0-9[\]]/gu, (char) =>
    Buffer.from(char).reduce((text, byte) => `${text}%${hex(byte)}`, ""),
  );

const hex = (byte: number) => byte.toString(16).toUpperCase().padStart(2, "0");
