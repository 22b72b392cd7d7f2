/** Reading what the user names on the command line; every error says which option or file is meant. */
import { readFile } from "node:fs/promises";
import { InvalidArgumentError } from "commander";
import { parse, YAMLParseError } from "yaml";
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

/** A filter's configuration from a YAML or JSON file: the value it holds, a string as it is. */
export async function readConfiguration(path: string): Promise<unknown> {
  const text = new TextDecoder().decode(await readBytes("--config", path));
  try {
    return parse(text, { schema: "core", uniqueKeys: true });
  } catch (error) {
    // Its message has line and column, and the line itself, which may hold a secret: the first line is enough.
    const place = error instanceof YAMLParseError ? messageOf(error).split("\n")[0] : "not YAML";
    throw new Failure(`${path}: expected YAML or JSON, found something else: ${place}`);
  }
}

/** For options that may be given many times. */
export const collect = <T>(parseOne: (text: string) => T) => {
  return (text: string, before: readonly T[] | undefined): readonly T[] => [...(before ?? []), parseOne(text)];
};

/** "Name: value" as curl takes it; blanks around the value are dropped. Text is sent as UTF-8. */
export function headerLine(text: string): readonly [string, string] {
  const colon = text.indexOf(":", 1);
  if (colon === -1) throw new InvalidArgumentError('expected "name: value".');
  return [text.slice(0, colon).toLowerCase(), Buffer.from(text.slice(colon + 1).trim()).toString("latin1")];
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

/** A point in time as RFC 3339 writes it. */
export function instant(text: string): Date {
  const date = new Date(text);
  if (!/^\d{4}-\d\d-\d\d[Tt ]/.test(text) || Number.isNaN(date.getTime())) {
    throw new InvalidArgumentError("expected a time such as 2026-11-21T06:30:00Z.");
  }
  return date;
}
