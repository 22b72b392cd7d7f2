/**
 * CEL as Envoy compiles and evaluates it: no type checker, functions looked up by name. Where the library differs from
 * Envoy it is put right here. Source: envoy source/extensions/filters/common/expr, cel-cpp eval/public/builtin_func_registrar.cc.
 */
import { CelScalar, type CelValue, celEnv, celFunc, isCelError, objectType, parse, plan } from "@bufbuild/cel";
import { create } from "@bufbuild/protobuf";
import { TimestampSchema, timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { PropertyTable } from "../property-value.ts";
import { toBinding } from "./cel-values.ts";

/** The text is no expression: a parse error takes no token in Envoy, a compile error does. */
export class InvalidExpression extends Error {
  readonly kind: "parse" | "compile";
  constructor(kind: "parse" | "compile", message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Evaluates over what a context can see. Undefined is an error, such as a name that is not there. */
export type Expression = (variables: PropertyTable) => CelValue | undefined;

/** Throws `InvalidExpression`. */
export function compile(text: string): Expression {
  const parsed = parseExpression(text);
  const names = new Set<string>();
  for (const { exprKind } of subexpressions(parsed.expr)) {
    if (exprKind.case === "identExpr") names.add(exprKind.value.name);
    if (exprKind.case === "callExpr" && !isFunction(exprKind.value.function)) {
      throw new InvalidExpression("compile", `No overloads provided for ${exprKind.value.function}`);
    }
  }
  const evaluate = plan(environment, parsed);
  return (variables) => {
    const bindings: Record<string, ReturnType<typeof toBinding>> = {};
    for (const name of names) {
      const value = variables.get(name);
      if (value !== undefined) bindings[name] = toBinding(value);
    }
    const result = evaluate(bindings);
    return isCelError(result) ? undefined : result;
  };
}

type Parsed = ReturnType<typeof parse>;
type Expr = NonNullable<Parsed["expr"]>;

function parseExpression(text: string): Parsed {
  let parsed: Parsed;
  try {
    parsed = parse(`${text}\n`); // the library wants a comment to end
  } catch (error) {
    throw new InvalidExpression("parse", String(error));
  }
  for (const { exprKind } of subexpressions(parsed.expr)) {
    const constant = exprKind.case === "constExpr" ? exprKind.value.constantKind : null;
    const isInt = constant?.case !== "int64Value" || constant.value === BigInt.asIntN(64, constant.value);
    const isUint = constant?.case !== "uint64Value" || constant.value === BigInt.asUintN(64, constant.value);
    if (!isInt || !isUint) throw new InvalidExpression("parse", "invalid int literal");
  }
  return parsed;
}

/** Every expression in a parsed one, whatever it is part of. */
function* subexpressions(value: unknown): Generator<Expr> {
  if (typeof value !== "object" || value === null) return;
  if ("$typeName" in value && value.$typeName === "cel.expr.Expr") yield value as Expr;
  for (const member of Object.values(value)) yield* subexpressions(member);
}

const functionNames = new Set(
  (
    "bool bytes contains double duration dyn endsWith getDate getDayOfMonth getDayOfWeek getDayOfYear getFullYear " +
    "getHours getMilliseconds getMinutes getMonth getSeconds int matches size startsWith string timestamp type uint"
  ).split(" "),
);

/** Operators have names such as `_+_` and `@in`. */
const isFunction = (name: string) => /^[^a-z]/i.test(name) || functionNames.has(name);

const timestampType = objectType(TimestampSchema);
const { BOOL, DOUBLE, INT, STRING } = CelScalar;
const minSeconds = -62_135_596_800n; // year 1
const maxSeconds = 253_402_300_799n; // year 9999

const environment = celEnv({
  funcs: [
    celFunc("string", [DOUBLE], STRING, sixDigits),
    celFunc("timestamp", [INT], timestampType, (seconds) => {
      if (seconds < minSeconds || seconds > maxSeconds) throw new Error("timestamp out of range");
      return create(TimestampSchema, { seconds });
    }),
    celFunc("timestamp", [STRING], timestampType, parseTimestamp),
    celFunc("matches", [STRING, STRING], BOOL, (text, pattern) => {
      const result = matches({ text, pattern });
      if (typeof result !== "boolean") throw new Error("not a regular expression");
      return result;
    }),
  ],
});

const matches = plan(celEnv(), parse("text.matches(pattern)"));

/** As C's `%g` does, which `absl::StrCat` imitates. */
function sixDigits(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const [digits = "", exponent = ""] = value.toExponential(5).split("e");
  if (Number(exponent) >= -4 && Number(exponent) < 6) return String(Number(value.toPrecision(6)));
  return `${Number(digits)}e${exponent.slice(0, 1)}${exponent.slice(1).padStart(2, "0")}`;
}

/** RFC 3339; the library takes days that are not in the calendar. */
function parseTimestamp(text: string) {
  const parts = /^(\d{4})-(\d\d)-(\d\d)T\d\d:\d\d:\d\d(?:\.(\d{1,9}))?(?:Z|[+-]\d\d:\d\d)$/.exec(text);
  const [, year, month, day, fraction = ""] = parts ?? [];
  const date = new Date(text);
  const isInCalendar = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day))).getUTCDate() === Number(day);
  if (parts === null || Number.isNaN(date.getTime()) || !isInCalendar) throw new Error("not a timestamp");
  return { ...timestampFromDate(date), nanos: Number(fraction.padEnd(9, "0")) };
}
