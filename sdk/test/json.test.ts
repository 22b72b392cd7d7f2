/** The strict JSON reader. The documents follow the kinds of JSONTestSuite (github.com/nst/JSONTestSuite). */
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";

interface JsonModule {
  alloc(size: number): number;
  resultPtr(): number;
  resultSize(): number;
  parse(): void;
  string(): void;
  config(): void;
}

let module: Awaited<ReturnType<typeof compile<JsonModule>>>;

beforeAll(async () => {
  module = await compile<JsonModule>("sdk/test/assembly/json.ts");
});

function run(what: "parse" | "string" | "config", document: string | readonly number[]): string {
  const bytes = typeof document === "string" ? Buffer.from(document) : Buffer.from(document);
  const at = module.alloc(bytes.length);
  Buffer.from(module.memory.buffer).set(bytes, at);
  module[what]();
  return Buffer.from(module.memory.buffer, module.resultPtr(), module.resultSize()).toString();
}

const good = [
  "{}",
  "[]",
  " [ ] ",
  '{"a":[{"b":null},true,false,-0,1.5e-3,"x"]}',
  "[1\n]",
  "0",
  "-0.0E+00",
  "1e5",
  '""',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00"',
  '"\u00e9\u20ac\u{1f600}\u007f"',
  '{"":0,"a":1,"A":2}',
  "[[[[[[[[[[]]]]]]]]]]",
  "\t\r\n null \n",
];

const bad: readonly (string | readonly number[])[] = [
  "",
  " ",
  "[",
  "]",
  "{",
  "}",
  "[1,]",
  "[,1]",
  "[1,,2]",
  "[1 2]",
  "[1}",
  '{"a"}',
  '{"a":}',
  '{"a":1,}',
  '{"a":1 "b":2}',
  "{a:1}",
  "{1:1}",
  "{'a':1}",
  '{"a":1,"a":2}',
  '{"a":1,"\\u0061":2}',
  '{"a"::1}',
  "[1]x",
  "[] []",
  "01",
  "-01",
  "+1",
  ".5",
  "1.",
  "1.e1",
  "1e",
  "1e+",
  "-",
  "0x1",
  "1_000",
  "NaN",
  "Infinity",
  "nul",
  "nulll",
  "True",
  "tru",
  '"',
  '"a',
  '"\\',
  '"\\"',
  '"\\x"',
  '"\\u12"',
  '"\\u12G4"',
  '"\\ud800"',
  '"\\ude00"',
  '"\\ud800\\u0041"',
  '"\\ud800\\n"',
  '"a\nb"',
  '"a\tb"',
  '"\u0000"',
  "'a'",
  "// x\n1",
  "/* x */ 1",
  "\ufeff1",
  "[".repeat(65),
  "[".repeat(100_000),
  `${"[".repeat(65)}${"]".repeat(65)}`,
  [0x22, 0x80, 0x22],
  [0x22, 0xc0, 0xaf, 0x22], // overlong
  [0x22, 0xe0, 0x80, 0xaf, 0x22],
  [0x22, 0xed, 0xa0, 0x80, 0x22], // a surrogate
  [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22], // above U+10FFFF
  [0x22, 0xf8, 0x88, 0x80, 0x80, 0x80, 0x22],
  [0x22, 0xe2, 0x82, 0x22], // cut short
  [0x22, 0xff, 0x22],
  [0x5b, 0xff, 0x5d],
];

describe("a document", () => {
  test.each(good)("is accepted: %j", (document) => {
    expect(run("parse", document)).toBe("");
  });

  test.each(bad.map((document) => ({ document })))("is refused: $document", ({ document }) => {
    expect(run("parse", document)).toMatch(/^line \d+, column \d+: expected /);
  });

  test("is refused at every place where it is cut short", () => {
    const document = '{"a":[{"b":null},true,false,-1.5e3,"x\\u0041\\n\u00e9"],"c":{}}';
    const bytes = Buffer.from(document);
    for (let size = 0; size < bytes.length; ++size) {
      expect(run("parse", [...bytes.subarray(0, size)]), `${size} bytes`).toContain("expected");
    }
  });

  test("never traps, whatever its bytes are", () => {
    const alphabet = Buffer.from('{}[]",:\\u0dDeE+-.19truefalsn \n\u00e9');
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let run_ = 0; run_ < 20_000; ++run_) {
      const bytes = Array.from({ length: random(12) }, () => alphabet[random(alphabet.length)] ?? 0);
      const text = Buffer.from(bytes).toString();
      const isJson = Buffer.from(text).equals(Buffer.from(bytes)) && parses(text);
      // Ours refuses more than JSON.parse (duplicate names, lone surrogates), and accepts nothing that it refuses.
      if (run("parse", bytes) === "") expect(isJson, JSON.stringify(text)).toBe(true);
    }
  });

  test("names line and column of the first error", () => {
    expect(run("parse", '{\n  "a": 1,\n  "b": x\n}')).toBe("line 3, column 8: expected a value");
  });
});

test.each(['"a"', '""', '"\\u00e9\\u20ac\\ud83d\\ude00 \\"\\n"', '"\u00e9\u20ac\u{1f600}"'])(
  "the string %s is decoded",
  (text) => {
    expect(run("string", text)).toBe(JSON.parse(text));
  },
);

describe("a configuration", () => {
  test.each([
    ['{"name":"x"}', "x 0 7 true"],
    ['{"name":"\\u00e9","hold":"body","limit":1000,"strict":false}', "\u00e9 1 1000 false"],
    ['{"name":"x","limit":1}', "x 0 1 true"],
  ])("is read: %s", (text, expected) => {
    expect(run("config", text)).toBe(expected);
  });

  test.each([
    ["", "/: expected an object, found nothing"],
    ["[]", "/: expected an object, found an array"],
    ["null", "/: expected an object, found null"],
    ["{}", "/name: expected a string, found nothing"],
    ['{"name":null}', "/name: expected a string, found null"],
    ['{"name":["x"]}', "/name: expected a string, found an array"],
    ['{"name":"x","hold":"all"}', '/hold: expected one of "headers" "body"'],
    ['{"name":"x","hold":1}', "/hold: expected a string, found a number"],
    ['{"name":"x","limit":0}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":1001}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":-1}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":1.0}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":1e2}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":18446744073709551617}', "/limit: expected a whole number from 1 to 1000"],
    ['{"name":"x","limit":"1"}', "/limit: expected a number, found a string"],
    ['{"name":"x","strict":"true"}', "/strict: expected a boolean, found a string"],
    ['{"name":"x","Name":"y"}', "/Name: unknown key; known are name hold limit strict"],
    ['{"name":"x","secret:value":1}', "/1: unknown key; known are name hold limit strict"],
    ['{\n"name":"x",\n"limit":0}', "/limit (line 3): expected a whole number from 1 to 1000"],
    [
      '{"name":1,"limit":0,"x":0}',
      "/name: expected a string, found a number\n/limit: expected a whole number from 1 to 1000\n/x: unknown key; known are name hold limit strict",
    ],
  ])("is refused with the place and the reason: %s", (text, expected) => {
    expect(run("config", text)).toBe(expected);
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
