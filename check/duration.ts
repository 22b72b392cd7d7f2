/** Times in protobuf's JSON form, as two readers of it take them. */

const units: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const piece = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;

/**
 * Seconds, or null when istiod does not take it: it reads times as Go writes them, so "500ms" and "1h30m" are times too.
 * Source: github.com/golang/protobuf jsonpb, Go's `time.ParseDuration`.
 */
export function goSeconds(text: string): number | null {
  const [, sign = "", rest = ""] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === "0") return 0;
  let seconds = 0;
  let read = 0;
  for (const [all, number, unit = ""] of rest.matchAll(piece)) {
    seconds += Number(number) * (units[unit] ?? 0);
    read += all.length;
  }
  if (read === 0 || read !== rest.length) return null;
  return sign === "-" ? -seconds : seconds;
}

/** The same for protobuf's own reader, which Envoy has: "10s", "0.250s". */
export const protobufSeconds = (text: string): number | null =>
  /^-?\d{1,12}(\.\d{1,9})?s$/.test(text) ? Number.parseFloat(text) : null;
