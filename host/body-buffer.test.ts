import { describe, expect, test } from "vitest";
import { BodyBuffer } from "./body-buffer.ts";
import { byteString, bytesOf } from "./byte-string.ts";

const edited = (start: number, length: number) => {
  const buffer = new BodyBuffer(bytesOf("hello"));
  return { isEdited: buffer.edit(start, length, bytesOf("XY")), text: byteString(buffer.bytes) };
};

describe("editing", () => {
  test.each([
    ["length 0 puts bytes in front", 0, 0, "XYhello"],
    ["a length within replaces the beginning", 0, 2, "XYllo"],
    ["a length past the end replaces all", 0, 0xffff_ffff, "XY"],
    ["a start at the end appends", 5, 0, "helloXY"],
    ["a start past the end appends", 0xffff_ffff, 9, "helloXY"],
  ])("%s", (_name, start, length, text) => {
    expect(edited(start, length)).toEqual({ isEdited: true, text });
  });

  test("a start inside is refused and nothing is changed", () => {
    expect(edited(1, 0)).toEqual({ isEdited: false, text: "hello" });
  });
});

test("a slice ends where the buffer does", () => {
  const buffer = new BodyBuffer(bytesOf("hello"));
  buffer.append(bytesOf("!"));
  expect(byteString(buffer.slice(4, 100))).toBe("o!");
  expect(buffer.slice(0xffff_ffff, 0xffff_ffff)).toEqual(new Uint8Array());
});
