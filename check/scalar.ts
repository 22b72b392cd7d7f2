/** Scalars in protobuf's JSON form. */
import { ScalarType } from "@bufbuild/protobuf";
import { shown, typeOf } from "./finding.ts";

const whole: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SINT32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.SFIXED32]: [-(2n ** 31n), 2n ** 31n - 1n],
  [ScalarType.UINT32]: [0n, 2n ** 32n - 1n],
  [ScalarType.FIXED32]: [0n, 2n ** 32n - 1n],
  [ScalarType.INT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SINT64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.SFIXED64]: [-(2n ** 63n), 2n ** 63n - 1n],
  [ScalarType.UINT64]: [0n, 2n ** 64n - 1n],
  [ScalarType.FIXED64]: [0n, 2n ** 64n - 1n],
};

/** What is wrong, or null. Numbers may be written as texts. */
export function scalarProblem(type: ScalarType, value: unknown): string | null {
  const expected = (what: string) => `expected ${what}, found ${shown(value)}`;
  if (type === ScalarType.STRING)
    return typeof value === "string" ? null : `expected a text, in quotes, found ${typeOf(value)}`;
  if (type === ScalarType.BOOL) return typeof value === "boolean" ? null : expected("true or false");
  if (type === ScalarType.BYTES)
    return typeof value === "string" && isBase64(value) ? null : "expected base64, found something else";
  const range = whole[type];
  if (range === undefined) {
    const isNumber = typeof value === "number" || (typeof value === "string" && !Number.isNaN(Number(value)));
    return isNumber || value === "NaN" ? null : expected("a number");
  }
  const number = wholeNumber(value);
  if (number === null) return expected("a whole number");
  return number >= range[0] && number <= range[1] ? null : expected(`a whole number from ${range[0]} to ${range[1]}`);
}

/** Go's `base64.StdEncoding`: it wants the padding, and does not see line ends. */
export function isBase64(text: string): boolean {
  const onOneLine = text.replace(/[\r\n]/g, "");
  return onOneLine.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(onOneLine);
}

function wholeNumber(value: unknown): bigint | null {
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : null;
  return typeof value === "string" && /^-?\d+$/.test(value) ? BigInt(value) : null;
}
