// Dates of HTTP (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT", and the two forms that are obsolete.
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { NO_TIME, nowMs } from "../template/timestamp";

const DAYS = "MonTueWedThuFriSatSun";
const LONG_DAYS: StaticArray<string> = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
const MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec";

/** Milliseconds since 1970; NO_TIME when it is no such date. */
export function parseHttpDate(ptr: usize, size: i32): i64 {
  if (size == 24) return parseAsctime(ptr);
  if (size < 29 || !isText(ptr + size - 4, 4, " GMT")) return NO_TIME;
  if (size > 29) return parseRfc850(ptr, size - 24);
  if (!isText(ptr + 3, 2, ", ") || !isBlank(ptr + 7) || !isBlank(ptr + 11) || !isBlank(ptr + 16)) return NO_TIME;
  return indexIn(DAYS, ptr) < 0 ? NO_TIME : parseAt(digits(ptr + 5, 2), ptr + 8, digits(ptr + 12, 4), ptr + 17);
}

/** "Sun Nov  6 08:49:37 1994". */
function parseAsctime(ptr: usize): i64 {
  if (indexIn(DAYS, ptr) < 0 || !isBlank(ptr + 3) || !isBlank(ptr + 7) || !isBlank(ptr + 10) || !isBlank(ptr + 19)) {
    return NO_TIME;
  }
  const day = isBlank(ptr + 8) ? digits(ptr + 9, 1) : digits(ptr + 8, 2);
  return parseAt(day, ptr + 4, digits(ptr + 20, 4), ptr + 11);
}

/** "Sunday, 06-Nov-94 08:49:37 GMT"; so many letters has the day. */
function parseRfc850(ptr: usize, letters: i32): i64 {
  let isDay = false;
  for (let i = 0; i < LONG_DAYS.length; ++i) if (isText(ptr, letters, unchecked(LONG_DAYS[i]))) isDay = true;
  const date = ptr + letters + 2;
  if (!isDay || !isText(ptr + letters, 2, ", ") || !isBlank(date + 9)) return NO_TIME;
  if (load<u8>(date + 2) != 0x2d || load<u8>(date + 6) != 0x2d) return NO_TIME;
  const year = digits(date + 7, 2);
  if (year < 0) return NO_TIME;
  // The latest year with these digits that is at most 50 years ahead.
  const last = <i32>(nowMs() / 31_556_952_000) + 2020;
  return parseAt(digits(date, 2), date + 3, last - ((last - year) % 100), date + 10);
}

/** With the name of a month, and "08:49:37", at these places. */
function parseAt(day: i32, month: usize, year: i32, time: usize): i64 {
  if (load<u8>(time + 2) != 0x3a || load<u8>(time + 5) != 0x3a) return NO_TIME;
  return timeOf(year, indexIn(MONTHS, month) + 1, day, digits(time, 2), digits(time + 3, 2), digits(time + 6, 2));
}

function isBlank(at: usize): bool {
  return load<u8>(at) == 0x20;
}

/** Appends the date of a time in milliseconds since 1970. */
export function appendHttpDate(timeMs: i64, to: StringBuilder): void {
  const days = <i32>(timeMs / 86_400_000);
  const second = <i32>((timeMs / 1000) % 86_400);
  let year = 1970 + days / 366;
  while (daysSince1970(year + 1, 1, 1) <= days) ++year;
  let month = 1;
  while (month < 12 && daysSince1970(year, month + 1, 1) <= days) ++month;
  const weekday = (days + 3) % 7;
  to.append(DAYS.substr(weekday * 3, 3)).append(", ");
  appendTwo(days - daysSince1970(year, month, 1) + 1, to);
  to.appendByte(0x20)
    .append(MONTHS.substr(month * 3 - 3, 3))
    .appendByte(0x20)
    .appendNumber(year)
    .appendByte(0x20);
  appendTwo(second / 3600, to);
  appendTwo((second / 60) % 60, to.appendByte(0x3a));
  appendTwo(second % 60, to.appendByte(0x3a));
  to.append(" GMT");
}

/** Appends it as "20150830T123600Z". */
export function appendBasicTime(timeMs: i64, to: StringBuilder): void {
  appendHttpDate(timeMs, written.clear());
  const ptr = written.ptr;
  to.appendBytes(ptr + 12, 4);
  appendTwo(indexIn(MONTHS, ptr + 8) + 1, to);
  to.appendBytes(ptr + 5, 2).appendByte(0x54);
  to.appendBytes(ptr + 17, 2)
    .appendBytes(ptr + 20, 2)
    .appendBytes(ptr + 23, 2)
    .appendByte(0x5a);
}

const written = new StringBuilder();

/** Milliseconds since 1970; NO_TIME when there is no such day or time of day. */
export function timeOf(year: i32, month: i32, day: i32, hour: i32, minute: i32, second: i32): i64 {
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return NO_TIME;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return NO_TIME;
  return ((<i64>daysSince1970(year, month, day) * 24 + hour) * 60 + minute) * 60000 + second * 1000;
}

/** "20150830", in milliseconds since 1970; NO_TIME when there is no such day. */
export function parseDay(ptr: usize): i64 {
  return timeOf(digits(ptr, 4), digits(ptr + 4, 2), digits(ptr + 6, 2), 0, 0, 0);
}

/** "20150830T123600Z", in milliseconds since 1970; NO_TIME when it is no such time. */
export function parseBasicTime(ptr: usize, size: i32): i64 {
  if (size != 16 || load<u8>(ptr + 8) != 0x54 || load<u8>(ptr + 15) != 0x5a) return NO_TIME;
  const day = parseDay(ptr);
  const ofDay = timeOf(1970, 1, 1, digits(ptr + 9, 2), digits(ptr + 11, 2), digits(ptr + 13, 2));
  return day == NO_TIME || ofDay == NO_TIME ? NO_TIME : day + ofDay;
}

/** A decimal number of so many digits; -1 when a byte is none. */
export function digits(ptr: usize, count: i32): i32 {
  let value = 0;
  for (let i = 0; i < count; ++i) {
    const digit = <i32>load<u8>(ptr + i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function appendTwo(value: i32, to: StringBuilder): void {
  to.appendByte(0x30 + value / 10).appendByte(0x30 + (value % 10));
}

/** Which of the names of three letters it is; -1 when it is none. */
function indexIn(names: string, ptr: usize): i32 {
  for (let i = 0; i < names.length; i += 3) {
    let k = 0;
    while (k < 3 && load<u8>(ptr + k) == names.charCodeAt(i + k)) ++k;
    if (k == 3) return i / 3;
  }
  return -1;
}

function daysOf(year: i32, month: i32): i32 {
  if (month == 2) return isLeap(year) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function isLeap(year: i32): bool {
  return (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** With years that begin in March, so that the odd day is their last. */
function daysSince1970(year: i32, month: i32, day: i32): i32 {
  const y = month > 2 ? year : year - 1;
  const m = month > 2 ? month - 3 : month + 9;
  return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}
