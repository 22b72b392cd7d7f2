import { expect, test } from "vitest";
import { bytesOf } from "./byte-string.ts";
import { parsePairs, serializePairs } from "./pairs.ts";

// biome-ignore format: one field a line
const serialized = bytesOf(
  "\x02\0\0\0" + // number of pairs
  "\x02\0\0\0" + "\x01\0\0\0" + // sizes of the first
  "\x01\0\0\0" + "\0\0\0\0" + // sizes of the second
  "ab\0" + "\xff\0" +
  "c\0" + "\0",
);

test("pairs are written byte for byte as the ABI says, in any encoding", () => {
  expect(
    serializePairs([
      ["ab", "\xff"],
      ["c", ""],
    ]),
  ).toEqual(serialized);
  expect(serializePairs([])).toEqual(new Uint8Array(4));
});

test("written pairs read back", () => {
  expect(parsePairs(serialized)).toEqual([
    ["ab", "\xff"],
    ["c", ""],
  ]);
});

test.each([
  ["nothing", new Uint8Array()],
  ["a truncated map", serialized.subarray(0, serialized.length - 1)],
  ["a map with bytes behind it", bytesOf(`${String.fromCharCode(...serialized)}x`)],
  ["a missing NUL", serialized.map((byte, at) => (at === 22 ? 1 : byte))],
  ["more pairs than 1024", serializePairs(Array.from({ length: 1025 }, () => ["", ""] as const))],
  ["a count that is not there", bytesOf("\xff\xff\xff\xff")],
])("%s reads as no pairs", (_name, bytes) => {
  expect(parsePairs(bytes)).toEqual([]);
});
