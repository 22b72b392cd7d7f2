/** What a check has to say, and where. */

/** "warning": it may be meant so. "error": it is refused, or does something else than it says. */
export type Severity = "error" | "warning";

/** Keys and indexes from the top of a document. */
export type Path = readonly (string | number)[];

export interface Finding {
  readonly severity: Severity;
  readonly file: string;
  /** From 1 on. */
  readonly line: number;
  readonly column: number;
  /** Kind, namespace and name of the object, such as "EnvoyFilter prod/hmac-auth"; empty when it has none. */
  readonly object: string;
  /** JSON pointer in the document. */
  readonly path: string;
  /** What is wrong, and what to do. Never a value that could be a secret. */
  readonly message: string;
}

/** How a check says something of one document. */
export type Report = (path: Path, message: string, severity?: Severity) => void;

/** RFC 6901. */
export const pointer = (path: Path): string =>
  path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** A value in a message: short, on one line, and without the user and password that a URL has. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const text = JSON.stringify(value).replace(/(:\/\/)[^/@]*@/g, "$1...@");
  return text.length <= 100 ? text : `${text.slice(0, 97)}..."`;
}

/** The same of a value that may be a secret. */
export function typeOf(value: unknown): string {
  if (value === null || typeof value === "object" || value === undefined)
    return value === null ? "nothing" : shown(value);
  return { string: "a text", boolean: String(value) }[typeof value as string] ?? `a ${typeof value}`;
}

/** Reports under a path. */
export const under =
  (report: Report, ...path: Path): Report =>
  (inner, message, severity) =>
    report([...path, ...inner], message, severity);
