import { expect, test } from "vitest";
import { parse } from "yaml";
import { toFlow, toYaml } from "./yaml.ts";

const texts = [
  "y",
  "Y",
  "n",
  "yes",
  "No",
  "on",
  "OFF",
  "true",
  "False",
  "null",
  "~",
  "",
  " ",
  "1",
  "1.0",
  "1e3",
  "0x1",
  "0o7",
  "007",
  "1_000",
  "12:30:00",
  "2026-11-21",
  ".inf",
  "=",
  "<<",
  "- a",
  "a: b",
  "a #b",
  "#",
  "*x",
  "&x",
  "!x",
  "%x",
  "@x",
  "`x",
  "'x",
  '"x',
  "{a}",
  "[a]",
  "a,b",
  "a\nb",
  "a\nb\n",
  "\n",
  "a\tb",
  "a\u0000b",
  "\u0085",
  "\u2028",
  "é€\u{1f600}",
  " a",
  "a ",
  "a\\b",
  "^1\\.3[01].*",
  "x".repeat(300),
];

test("every string is read back as it was, by readers of YAML 1.1 and 1.2", () => {
  // As a key, "<<" means a merge to this reader even in quotes; no resource has such a key.
  const keys = texts.filter((text) => text !== "<<");
  const resource = { list: texts, map: Object.fromEntries(keys.map((text) => [text, text])) };
  const text = toYaml([resource]);
  expect(parse(text, { version: "1.1" })).toEqual(resource);
  expect(parse(text, { version: "1.2" })).toEqual(resource);
});

test("what YAML 1.1 takes for a line break or refuses is escaped", () => {
  const text = "a\n\u0085\u2028\u2029\ufeff\x7f\x80";
  expect(toYaml([{ a: text }])).toBe('a: "a\\n\\u0085\\u2028\\u2029\\ufeff\\u007f\\u0080"\n');
});

test("what a person would misread is quoted, and plain words are not", () => {
  expect(toYaml([{ a: "y", b: "12:30", c: "1", d: "httpbin", e: "type.googleapis.com/x" }])).toBe(
    'a: "y"\nb: "12:30"\nc: "1"\nd: httpbin\ne: type.googleapis.com/x\n',
  );
});

test("a text that would be a merge is quoted, as a key and as a value", () => {
  expect(toYaml([{ "<<": ["<<"] }])).toBe('"<<":\n- "<<"\n');
});

test("a value in one line is JSON, and YAML of either version", () => {
  const value = { a: ["\x7f", "\u0085\u2028\ufeff"], "<<": null };
  const text = toFlow(value);
  expect(text).toBe('{"a":["\\u007f","\\u0085\\u2028\\ufeff"],"<<":null}');
  expect(JSON.parse(text)).toEqual(value);
});

test("resources are separate documents", () => {
  expect(toYaml([{ a: 1 }, { b: true }])).toBe("a: 1\n---\nb: true\n");
});
