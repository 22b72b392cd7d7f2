/** An OpenAPI file as a value, with the place of everything in it: what is read is checked, and errors say where. */
import { readYaml } from "../configuration.ts";
import { Failure } from "../failure.ts";

/** A value in the file, and the JSON pointer to it (RFC 6901). */
export interface Node {
  readonly file: string;
  readonly pointer: string;
  readonly value: unknown;
  /** The whole file, where references lead. */
  readonly root: unknown;
}

/** Reads YAML or JSON; "-" is standard input. */
export async function readDocument(file: string): Promise<Node> {
  const value = await readYaml("openapi", file, { merge: true, numbers: "nearest" });
  return { file, pointer: "", value, root: value };
}

/** What is at the key; undefined when there is nothing. */
export function at(node: Node, key: string): Node | undefined {
  const object = objectOf(node);
  return Object.hasOwn(object, key) ? child(node, key, object[key]) : undefined;
}

export const entries = (node: Node): (readonly [string, Node])[] =>
  Object.entries(objectOf(node)).map(([key, value]) => [key, child(node, key, value)]);

export function items(node: Node): Node[] {
  if (!Array.isArray(node.value)) throw wrong(node, "a list");
  return node.value.map((value, index) => child(node, String(index), value));
}

export function textOf(node: Node): string {
  if (typeof node.value !== "string") throw wrong(node, "text");
  return node.value;
}

/** What a local `$ref` in the object leads to, itself when there is none; the pointer stays where the reference is. */
export function resolved(node: Node): Node {
  const seen = new Set<unknown>();
  let value = objectOf(node);
  for (;;) {
    const { $ref, ...own } = value;
    if ($ref === undefined) return { ...node, value };
    if (seen.has($ref))
      throw wrong({ ...node, value: $ref }, "a reference that leads somewhere", "one that leads to itself");
    seen.add($ref);
    const place = child(node, "$ref", $ref);
    value = { ...objectOf({ ...place, value: target(place) }), ...own };
  }
}

function target(reference: Node): unknown {
  const text = textOf(reference);
  if (!text.startsWith("#"))
    throw wrong(
      reference,
      'a reference into this file (#/...); put all into one file first, such as with "redocly bundle"',
    );
  const keys = decodeURIComponentOr(text.slice(1)).split("/").slice(1);
  let value = reference.root;
  for (const key of keys.map((each) => each.replaceAll("~1", "/").replaceAll("~0", "~"))) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key))
      throw wrong(reference, "a reference to something that is there");
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return value;
}

/** "openapi.yaml: /paths/~1a/get: expected ..., found ..." */
export const wrong = (node: Node, expected: string, found = describe(node.value)): Failure =>
  new Failure(`${placeOf(node)}: expected ${expected}, found ${found}`);

/** The file and the place in it. */
export const placeOf = ({ file, pointer }: Node): string => `${file}: ${pointer || "/"}`;

function objectOf(node: Node): Readonly<Record<string, unknown>> {
  const { value } = node;
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(node, "an object");
  return value as Readonly<Record<string, unknown>>;
}

const child = (node: Node, key: string, value: unknown): Node => ({
  ...node,
  pointer: `${node.pointer}/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`,
  value,
});

function describe(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}

function decodeURIComponentOr(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
