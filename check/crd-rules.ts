/**
 * Rules in CEL that a schema has for its values, with the functions that Kubernetes adds.
 * Source: kubernetes.io/docs/reference/using-api/cel, k8s.io/apiserver/pkg/cel/library/urls.go.
 */
import { type CelInput, CelScalar, celEnv, celFunc, celMethod, isCelError, parse, plan } from "@bufbuild/cel";
import { strings } from "@bufbuild/cel/ext";
import { isRecord } from "./document.ts";

export interface Rule {
  readonly rule: string;
  readonly message?: string;
}

const { BOOL, STRING } = CelScalar;

const environment = celEnv({
  funcs: [
    ...strings,
    celFunc("isURL", [STRING], BOOL, (text) => schemeOf(text) !== null),
    // A URL is its text here, as nothing but its scheme is ever asked for.
    celFunc("url", [STRING], STRING, (text) => {
      if (schemeOf(text) === null) throw new Error("not a URL");
      return text;
    }),
    celMethod("getScheme", STRING, [], STRING, function scheme(this: string) {
      return schemeOf(this) ?? "";
    }),
  ],
});

/** Of what Go's `url.ParseRequestURI` takes; null for the rest. */
function schemeOf(text: string): string | null {
  if (text.startsWith("/")) return "";
  const [, scheme] = /^([a-zA-Z][a-zA-Z0-9+.-]*):[^\s]+$/.exec(text) ?? [];
  return scheme?.toLowerCase() ?? null;
}

const compiled = new Map<string, ReturnType<typeof plan>>();

/** A rule that cannot be evaluated does not hold, as in an API server. */
export function holds({ rule }: Rule, self: unknown): boolean {
  let evaluate = compiled.get(rule);
  if (evaluate === undefined) {
    evaluate = plan(environment, parse(rule));
    compiled.set(rule, evaluate);
  }
  const result = evaluate({ self: celValue(self) });
  return !isCelError(result) && result === true;
}

function celValue(value: unknown): CelInput {
  if (Array.isArray(value)) return value.map(celValue);
  if (isRecord(value)) return new Map(Object.entries(value).map(([key, inner]) => [key, celValue(inner)]));
  if (typeof value === "number" && Number.isInteger(value)) return BigInt(value);
  return (value ?? null) as CelInput;
}
