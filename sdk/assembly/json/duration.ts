// Durations as people write them: a number and its unit, as in Envoy's and Kubernetes' own configuration.
import { isText } from "../text";

/** Milliseconds of a text such as "1.5s"; -1 when it is none, or not a whole number of them. */
export function parseDurationMs(ptr: usize, length: i32): i64 {
  let digits = 0;
  let number: i64 = 0;
  let scale: i64 = 1;
  let fraction = false;
  let at = 0;
  for (; at < length; ++at) {
    const byte = load<u8>(ptr + at);
    if (byte == 0x2e && !fraction && digits != 0) {
      fraction = true;
      digits = 0;
      continue;
    }
    if (byte < 0x30 || byte > 0x39) break;
    // More than 12 digits before or behind the point could overflow.
    if (++digits > (fraction ? 3 : 9)) return -1;
    number = number * 10 + byte - 0x30;
    if (fraction) scale *= 10;
  }
  const rest = ptr + at;
  length -= at;
  let unit: i64 = 0;
  if (isText(rest, length, "ms")) unit = 1;
  else if (isText(rest, length, "s")) unit = 1000;
  else if (isText(rest, length, "m")) unit = 60000;
  else if (isText(rest, length, "h")) unit = 3600000;
  return digits == 0 || unit == 0 || (number * unit) % scale != 0 ? -1 : (number * unit) / scale;
}
