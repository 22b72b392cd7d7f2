/** The strict JSON parser: JSONTestSuite, and documents of our own. */
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";
/**
 * `test_parsing/` of github.com/nst/JSONTestSuite at 1ef36fa, MIT licence (see the file beside it): a character for each
 * byte. Its two files of 100 kB and more are made below.
 */
import suite from "./json-test-suite/cases.json" with { type: "json" };
import { randomBelow } from "./random.ts";

interface JsonModule {
  alloc(size: number): number;
  resultPtr(): number;
  resultSize(): number;
  parse(): void;
  string(): void;
  double(): number;
}

let module: Awaited<ReturnType<typeof compile<JsonModule>>>;

beforeAll(async () => {
  module = await compile<JsonModule>("sdk/test/assembly/json.ts");
});

function give(document: string | Uint8Array | readonly number[]): void {
  const bytes = typeof document === "string" ? Buffer.from(document) : Buffer.from(document);
  const at = module.alloc(bytes.length);
  Buffer.from(module.memory.buffer).set(bytes, at);
}

function run(what: "parse" | "string", document: string | Uint8Array | readonly number[]): string {
  give(document);
  module[what]();
  return Buffer.from(module.memory.buffer, module.resultPtr(), module.resultSize()).toString();
}

describe("JSONTestSuite", () => {
  const cases = Object.entries({
    ...suite,
    n_structure_100000_opening_arrays: "[".repeat(100_000),
    n_structure_open_array_object: `${'[{"":'.repeat(50_000)}\n`,
  });
  const of = (kind: string) => cases.filter(([name]) => name.startsWith(kind));
  const accepts = (text: string) => run("parse", Buffer.from(text, "latin1")) === "";

  /** Valid, and refused here on purpose: of two values of one name, another reader may take the other one. */
  const duplicates = ["y_object_duplicated_key", "y_object_duplicated_key_and_value"];

  /** What RFC 8259 leaves open and we take: numbers that no double holds, which only their reading refuses. */
  const taken = [
    "i_number_double_huge_neg_exp",
    "i_number_huge_exp",
    "i_number_neg_int_huge_exp",
    "i_number_pos_double_huge_exp",
    "i_number_real_neg_overflow",
    "i_number_real_pos_overflow",
    "i_number_real_underflow",
    "i_number_too_big_neg_int",
    "i_number_too_big_pos_int",
    "i_number_very_big_negative_int",
  ];

  test.each(of("y_"))("%s", (name, text) => {
    expect(accepts(text)).toBe(!duplicates.includes(name));
  });

  test.each(of("n_"))("%s", (_name, text) => {
    expect(accepts(text)).toBe(false);
  });

  test.each(of("i_"))("%s", (name, text) => {
    expect(accepts(text)).toBe(taken.includes(name));
  });

  test("never traps when its documents are changed by a few bytes", () => {
    const random = randomBelow(7);
    for (const [, text] of cases.filter(([, text]) => text.length < 2000)) {
      for (let mutation = 0; mutation < 40; ++mutation) {
        const bytes = [...Buffer.from(text, "latin1")];
        for (let edits = 1 + random(3); edits > 0; --edits) {
          bytes.splice(random(bytes.length + 1), random(2), ...(random(3) === 0 ? [] : [random(256)]));
        }
        const accepted = run("parse", bytes) === "";
        const changed = Buffer.from(bytes);
        const isUtf8 = Buffer.from(changed.toString()).equals(changed);
        if (accepted) expect(isUtf8 && parses(changed.toString()), JSON.stringify(changed.toString())).toBe(true);
      }
    }
  });
});

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
    const random = randomBelow(1);
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

test("a double is read as JavaScript reads it", () => {
  const random = randomBelow(3);
  const texts = ["0.1", "-0", "1e22", "123456789012345", "5e-324", "1.7976931348623157e308", "1e400", "0.000001"];
  for (let i = 0; i < 2000; ++i) {
    texts.push(`${random(2) === 0 ? "-" : ""}${random(1_000_000)}.${random(1_000_000_000)}e${random(40) - 20}`);
  }
  for (const text of texts) {
    give(text);
    expect(module.double(), text).toBe(Number(text));
  }
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
