/** A trace as a person reads it. */
import type { TraceValue } from "@proxy-wasm-kit/host";
import type { TracedCall } from "./trace.ts";

/** Longer texts are cut. */
const maxLength = 100;

/** A tree, a line for each call. */
export const traceText = (calls: readonly TracedCall[]): string => calls.flatMap((call) => treeOf(call)).join("\n");

/** JSON Lines: each call before those it led to, with its depth, 0 for the outermost. */
export const traceJsonLines = (calls: readonly TracedCall[], depth = 0): string =>
  calls
    .map(({ calls: inner, ...call }) => `${JSON.stringify({ depth, ...call })}\n${traceJsonLines(inner, depth + 1)}`)
    .join("");

function treeOf(call: TracedCall): string[] {
  const lines = call.calls.flatMap((inner, at) => {
    const isLast = at === call.calls.length - 1;
    return treeOf(inner).map((line, row) => `${row === 0 ? (isLast ? "└─ " : "├─ ") : isLast ? "   " : "│  "}${line}`);
  });
  return [callText(call), ...lines];
}

/** `proxy_log(level: Info, message: "a b") → Ok  3 µs`. */
function callText({
  kind,
  plugin,
  context,
  name,
  arguments: given,
  result,
  returned,
  failure,
  durationUs,
}: TracedCall) {
  const who = kind === "callback" && context !== null ? `${plugin}#${context} ` : "";
  const outcome = failure === undefined ? (result === undefined ? "" : ` → ${result}`) : ` ✗ ${failure}`;
  const got = returned === undefined ? "" : ` ${valuesText(returned)}`;
  const time = durationUs === undefined ? "" : `  ${durationUs < 10 ? durationUs : Math.round(durationUs)} µs`;
  return `${who}${name}(${argumentsText(given)})${outcome}${got}${time}`;
}

function argumentsText(given: TracedCall["arguments"]): string {
  if (isNumbers(given)) return given.join(", ");
  // The context stands before the name.
  return valuesText(Object.fromEntries(Object.entries(given).filter(([name]) => name !== "context")));
}

const isNumbers = (given: TracedCall["arguments"]): given is readonly number[] => Array.isArray(given);

const valuesText = (values: Readonly<Record<string, TraceValue>>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}: ${valueText(value)}`)
    .join(", ");

function valueText(value: TraceValue): string {
  if (typeof value === "string") return quoted(value);
  if (value === null || typeof value !== "object") return String(value);
  if ("text" in value) return `${value.bytes} bytes ${quoted(value.text)}`;
  if ("hex" in value) return `${value.bytes} bytes ${value.hex}`;
  return `{${value.map(([name, text]) => `${name}: ${quoted(text)}`).join(", ")}}`;
}

/** Words stand as they are. */
function quoted(text: string): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return /^[A-Za-z_:./-][\w:./-]*$/.test(short) ? short : JSON.stringify(short);
}
