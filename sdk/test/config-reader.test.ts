/** What a filter reads of its configuration, and what it is told. */
import { beforeAll, describe, expect, test } from "vitest";
import { compile, compileBytes } from "./compile.ts";
import { randomBelow } from "./random.ts";

interface ReaderModule {
  alloc(size: number): number;
  resultPtr(): number;
  resultSize(): number;
  config(): void;
  optional(): void;
  required(): void;
}

let module: Awaited<ReturnType<typeof compile<ReaderModule>>>;

beforeAll(async () => {
  module = await compile<ReaderModule>("sdk/test/assembly/config-reader.ts");
});

function run(what: "config" | "optional" | "required", document: string | readonly number[]): string {
  const bytes = typeof document === "string" ? Buffer.from(document) : Buffer.from(document);
  const at = module.alloc(bytes.length);
  Buffer.from(module.memory.buffer).set(bytes, at);
  module[what]();
  return Buffer.from(module.memory.buffer, module.resultPtr(), module.resultSize()).toString();
}

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

describe("a configuration of every kind", () => {
  test.each([
    ["{}", 'none 0.5 15 a 5 no ""  none'],
    [
      '{"bytes":"b","ratio":0.25,"timeout":"1.5s","names":["x","\\n"],"shape":"s",' +
        '"inner":{"size":0,"must":"m","deep":{"text":"t"}},"items":[{"id":"1"},{"id":"2"}]}',
      'b 0.25 1500 x|\n 0 t "m" 1;2; s',
    ],
    ['{"names":[],"items":[],"shape":{"any":{"thing":1},"x-y":2}}', 'none 0.5 15  5 no ""  2 keys'],
    ['{"ratio":1e-3}', 'none 0.001 15 a 5 no ""  none'],
    ['{"ratio":1}', 'none 1.0 15 a 5 no ""  none'],
    ['{"timeout":"2h"}', 'none 0.5 7200000 a 5 no ""  none'],
    ['{"timeout":"0.001s"}', 'none 0.5 1 a 5 no ""  none'],
    ['{"timeout":"5m"}', 'none 0.5 300000 a 5 no ""  none'],
  ])("may leave out what is optional: %s", (text, expected) => {
    expect(run("optional", text)).toBe(expected);
  });

  const duration = '/timeout: expected a duration such as "1.5s" from 1 ms to 7200000 ms';

  test.each([
    ['{"ratio":1.5}', "/ratio: expected a number from 0 to 1"],
    ['{"ratio":1e999}', "/ratio: expected a number from 0 to 1"],
    ['{"ratio":"1"}', "/ratio: expected a number, found a string"],
    ['{"timeout":1}', "/timeout: expected a string, found a number"],
    ...[
      "",
      "s",
      "1",
      "1.s",
      ".5s",
      "1.0005s",
      "0.5ms",
      "-1s",
      "1 s",
      "1S",
      "1d",
      "1h30m",
      "0s",
      "3h",
      "9999999999h",
    ].map((text) => [JSON.stringify({ timeout: text }), duration]),
    [
      '{"names":["a",1,"b",null]}',
      "/names/1: expected a string, found a number\n/names/3: expected a string, found null",
    ],
    ['{"names":"a"}', "/names: expected an array, found a string"],
    ['{"inner":[]}', "/inner: expected an object, found an array"],
    [
      '{"inner":{"size":10,"must":1,"x":2,"deep":{"text":0,"y":1}}}',
      "/inner/size: expected a whole number from 0 to 9\n/inner/deep/text: expected a string, found a number\n" +
        "/inner/must: expected a string, found a number\n/inner/x: unknown key; known are size deep must\n" +
        "/inner/deep/y: unknown key; known are text",
    ],
    ['{"inner":{}}', "/inner/must: expected a string, found nothing"],
    [
      '{"items":[{"id":"1"},2,{},{"id":"3","x":1}]}',
      "/items/1: expected an object, found a number\n/items/2/id: expected a string, found nothing\n" +
        "/items/3/x: unknown key; known are id",
    ],
    ['{\n"items":[\n{"id":\n7}]}', "/items/0/id (line 4): expected a string, found a number"],
    ['{"shape":[1]}', "/shape: expected a string or an object"],
    ['{"inner":{"must":"m","must":"n"}}', "line 1, column 28: expected each name once"],
  ])("is refused with the place and the reason: %s", (text, expected) => {
    expect(run("optional", text)).toBe(expected);
  });

  test("has what is required", () => {
    const text =
      '{"flag":true,"count":-5,"ratio":-0.5,"timeout":"1s","kind":"b","header":"X-A","names":["n"],"inner":{"size":9},"items":[{}]}';
    expect(run("required", text)).toBe("true -5 -0.5 1000 1 x-a n 9 1");
  });

  test("says what is missing, each key once", () => {
    expect(run("required", "{}").split("\n")).toEqual([
      "/flag: expected a boolean, found nothing",
      "/count: expected a number, found nothing",
      "/ratio: expected a number, found nothing",
      "/timeout: expected a string, found nothing",
      "/kind: expected a string, found nothing",
      "/header: expected a string, found nothing",
      "/names: expected an array, found nothing",
      "/inner: expected an object, found nothing",
      "/items: expected an array, found nothing",
    ]);
  });

  test("says of a header's name that it is none", () => {
    expect(run("required", '{"header":"x a"}')).toContain(
      "/header: expected the name of a header, found something else",
    );
  });
});

test("a configuration of any bytes never traps", () => {
  const random = randomBelow(11);
  const text =
    '{"ratio":0.25,"timeout":"1.5s","names":["x"],"shape":{},"inner":{"size":0,"deep":{}},"items":[{"id":"1"}]}';
  const marks = Buffer.from('{}[]",:0-.esn\\');
  for (let mutation = 0; mutation < 4_000; ++mutation) {
    const bytes = [...Buffer.from(text)];
    for (let edits = 1 + random(4); edits > 0; --edits) {
      const byte = random(4) === 0 ? random(256) : (marks[random(marks.length)] ?? 0);
      bytes.splice(random(bytes.length + 1), random(3), byte);
    }
    run("optional", bytes);
  }
});

test("a filter that reads one string pays for strings only", async () => {
  // 7,319 bytes as asconfig.json compiles now; lists, numbers and durations would add 400 and more.
  expect((await compileBytes("sdk/test/assembly/json-strings.ts")).length).toBeLessThan(7_450);
});
