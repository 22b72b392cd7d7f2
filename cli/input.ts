/** Reading what the user names on the command line; every error says which option or file is meant. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { type Clock, realClock } from "@proxy-wasm-kit/host";
import { InvalidArgumentError } from "commander";
import { Failure, messageOf } from "./failure.ts";

/** A file's bytes; "-" is standard input. */
export async function readBytes(option: string, path: string): Promise<Uint8Array> {
  try {
    if (path !== "-") return await readFile(path);
    const pieces: Uint8Array[] = [];
    for await (const piece of process.stdin) pieces.push(piece as Uint8Array);
    return Buffer.concat(pieces);
  } catch (error) {
    throw new Failure(`${option}: ${path} cannot be read: ${messageOf(error)}`);
  }
}

/** A path that a file in `folder` names. */
export const beside = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));

/** A body: the text, or the bytes of the file behind "@". */
export const readData = async (option: string, data: string): Promise<Uint8Array> =>
  data.startsWith("@") ? readBytes(option, data.slice(1)) : new TextEncoder().encode(data);

/** For options that may be given many times. */
export const collect = <T>(parseOne: (text: string) => T) => {
  return (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parseOne(text)];
};

/** RFC 9110 section 5.6.2. */
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** A method, in the case it is given. */
export function method(text: string): string {
  if (!token.test(text)) throw new InvalidArgumentError("expected a method such as POST.");
  return text;
}

/** "Name: value" as curl takes it; blanks around the value, but no others of Unicode, are dropped. Text is sent as UTF-8. */
export function headerLine(text: string): readonly [string, string] {
  const colon = text.indexOf(":", 1);
  if (colon === -1) throw new InvalidArgumentError('expected "name: value".');
  if (!token.test(text.slice(0, colon)))
    throw new InvalidArgumentError("expected the name of a header before the colon.");
  if (/[\r\n\0]/.test(text)) throw new InvalidArgumentError("expected one line without NUL.");
  const value = text.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, "");
  return [text.slice(0, colon).toLowerCase(), Buffer.from(value).toString("latin1")];
}

/** Lines as curl's `-H` takes them: one, or all of the file behind "@", which no limit of the command line holds for. */
export function headerLines(text: string, before: readonly (readonly [string, string])[] = []) {
  if (!text.startsWith("@")) return [...before, headerLine(text)];
  const path = text.slice(1);
  let file: string;
  try {
    file = readFileSync(path, "utf8");
  } catch (error) {
    throw new Failure(`-H: ${path} cannot be read: ${messageOf(error)}`);
  }
  return [...before, ...file.split(/\r?\n/).filter(Boolean).map(headerLine)];
}

/** Collects "name=value" pairs; each name once. */
export function collectOnce(text: string, before: readonly (readonly [string, string])[] = []) {
  const pair = assignment(text);
  if (before.some(([name]) => name === pair[0]))
    throw new InvalidArgumentError(`expected ${pair[0]} once, found it twice.`);
  return [...before, pair];
}

/** "NAME=value". */
export function assignment(text: string): readonly [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError('expected "NAME=value".');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** Sizes such as "1,10,100". */
export function sizes(text: string): readonly number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.some((number) => !Number.isSafeInteger(number) || number < 1)) {
    throw new InvalidArgumentError("expected whole numbers from 1 on, separated by commas.");
  }
  return numbers;
}

/** A point in time: as RFC 3339 writes it, or in seconds since 1970 with up to three decimals. */
export function instant(text: string): Date {
  const isSeconds = /^\d{1,13}(\.\d{1,3})?$/.test(text);
  const date = new Date(isSeconds ? Math.round(Number(text) * 1000) : text);
  if (!(isSeconds || /^\d{4}-\d\d-\d\d[Tt ]/.test(text)) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError("expected a time such as 2026-11-21T06:30:00Z, or seconds since 1970.");
  }
  return date;
}

/** A clock whose time of day stands still, so that what is exactly at the border of a tolerance is judged exactly. */
export const stoppedClock = (now: Date): Clock => ({
  ...realClock,
  nowNs: () => BigInt(now.getTime()) * 1_000_000n,
});

/** Where a request goes. */
export interface Target {
  readonly authority: string;
  readonly path: string;
}

/** A path as it stands, or a URL taken apart. */
export function parseTarget(text: string): Target {
  if (text.startsWith("/")) return { authority: "example.com", path: text };
  const parts = /^https?:\/\/([^/?#]+)([^#]*)$/.exec(text);
  if (parts === null) throw new InvalidArgumentError("expected a path (/hook?x=1) or a URL (http://host/hook?x=1).");
  const [, authority = "", rest = ""] = parts;
  return { authority, path: rest.startsWith("/") ? rest : `/${rest}` };
}

/** A number of things, from 1 on. */
export function count(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 1) throw new InvalidArgumentError("expected a whole number from 1 on.");
  return number;
}

const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A length of time such as "60s", in ms. */
export function duration(text: string): number {
  const [, amount = "", unit = ""] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Math.round(Number(amount) * (unitsMs[unit] ?? 0));
  if (!(ms > 0)) throw new InvalidArgumentError("expected a length of time such as 500ms, 60s or 2m.");
  return ms;
}
