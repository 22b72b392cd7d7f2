// Times as senders write them, and whether one is fresh.
import { clock, log } from "@proxy-wasm-kit/sdk";
import { Reason } from "../reason";

/** The unit is never guessed. */
export enum Unit {
  Seconds,
  Milliseconds,
}

/** No time: what was written is none. */
export const NO_TIME: i64 = -1;

/** In milliseconds; NO_TIME unless the text is `[1-9][0-9]{0,14}`. */
export function parseTimestamp(ptr: usize, size: i32, unit: Unit): i64 {
  if (size == 0 || size > 15 || load<u8>(ptr) == 0x30) return NO_TIME;
  let value: i64 = 0;
  for (let i = 0; i < size; ++i) {
    const digit = <i32>load<u8>(ptr + i) - 48;
    if (digit < 0 || digit > 9) return NO_TIME;
    value = value * 10 + digit;
  }
  return unit == Unit.Seconds ? value * 1000 : value;
}

/** Milliseconds since 1970; 0, and a line in the log, when the host does not know the time. */
export function nowMs(): i64 {
  const now = <i64>(clock.nowNs() / 1_000_000);
  if (now == 0) log.error("hmac-auth: the host gives no time, so nothing can be fresh");
  return now;
}

/** Whether a time is within the tolerance, before and after now. Without a clock no time is. */
export function freshness(timeMs: i64, toleranceMs: i64): Reason {
  const now = nowMs();
  if (now == 0 || timeMs - now > toleranceMs) return Reason.TimestampInFuture;
  return now - timeMs > toleranceMs ? Reason.TimestampTooOld : Reason.None;
}
