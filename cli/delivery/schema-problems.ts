/** What ajv finds, in the words of all other errors. Never a value that could be a secret: only where there is a choice. */
import type { ErrorObject } from "ajv";

export interface SchemaProblem {
  /** A JSON pointer. */
  readonly path: string;
  /** "expected ..., found ...". */
  readonly text: string;
}

export function problemsOf(errors: readonly ErrorObject[]): readonly SchemaProblem[] {
  // A name that is wrong is told by the pattern, and again as propertyNames.
  const problems = errors.filter(({ keyword }) => keyword !== "propertyNames").map(problemOf);
  const isFirst = ({ path, text }: SchemaProblem, i: number) =>
    problems.findIndex((other) => other.path === path && other.text === text) === i;
  return problems.filter(isFirst);
}

function problemOf(error: ErrorObject): SchemaProblem {
  const { instancePath: path, keyword, params, data, propertyName } = error;
  const parent = (error.parentSchema ?? {}) as Parent;
  const expected = (what: string, found: unknown = kindOf(data)) => ({
    path,
    text: `expected ${what}, found ${found}`,
  });
  switch (keyword) {
    case "additionalProperties": {
      const key = String(params.additionalProperty);
      const keys = Object.keys(parent.properties ?? {});
      return {
        path: `${path}/${escaped(key)}`,
        text: `expected ${keys.length === 0 ? "no such key" : `one of ${keys.join(", ")}`}, found ${JSON.stringify(key)}`,
      };
    }
    case "required":
      return expected(`the key ${JSON.stringify(params.missingProperty)}`, "none");
    case "type":
      return expected(namesOf(params.type));
    case "enum":
      return expected(`one of ${(parent.enum ?? []).filter((each) => each !== null).join(", ")}`, JSON.stringify(data));
    case "pattern":
      if (propertyName !== undefined)
        return { path: `${path}/${escaped(propertyName)}`, text: `expected ${dnsLabel}, found "${propertyName}"` };
      return expected(parent.pattern === "^\\*$" ? 'labels, or "*"' : dnsLabel, JSON.stringify(data));
    case "minimum":
    case "maximum":
      return expected(`a number from ${parent.minimum} to ${parent.maximum}`, data);
    case "minItems":
    case "minProperties":
    case "minLength":
      return expected("at least one", "none");
    default:
      return expected(error.message ?? keyword);
  }
}

interface Parent {
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const dnsLabel = "a DNS label (a-z, 0-9, -; at most 63 characters)";

const names: Readonly<Record<string, string>> = {
  string: "a text",
  integer: "a whole number",
  number: "a number",
  boolean: "true or false",
  object: "a mapping",
  array: "a list",
};

/** null is for what takes something away, and nobody has to be told of it here. */
const namesOf = (types: string | readonly string[]): string =>
  [types]
    .flat()
    .flatMap((type) => names[type] ?? [])
    .join(" or ");

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return (
    { string: "a text", number: "a number", boolean: String(value), object: "a mapping" }[typeof value as string] ??
    "something else"
  );
}

const escaped = (key: string) => key.replaceAll("~", "~0").replaceAll("/", "~1");
