/** Texts and bytes: the decoder beside the platform's own, which is the standard's. */
import { beforeAll, expect, test } from "vitest";
import { compile } from "./compile.ts";

interface Probe {
  input(): number;
  decode(size: number): number;
  length(): number;
  encode(): number;
  number(value: bigint): number;
  collect(): void;
}

let probe: Probe & { readonly memory: WebAssembly.Memory };

beforeAll(async () => {
  probe = await compile<Probe>("sdk/test/assembly/text.ts");
});

function decode(bytes: Uint8Array): string {
  new Uint8Array(probe.memory.buffer).set(bytes, probe.input());
  const at = probe.decode(bytes.length);
  const text = Buffer.from(probe.memory.buffer, at, probe.length() * 2).toString("utf16le");
  probe.collect();
  return text;
}

const standard = new TextDecoder("utf-8", { ignoreBOM: true });

test.each([
  ["text", Buffer.from("aé€😀\0z")],
  ["a byte that begins nothing", Uint8Array.of(0x61, 0xff, 0x62)],
  ["a sequence that is cut off", Uint8Array.of(0x61, 0xe2, 0x82)],
  ["an overlong form of ASCII", Uint8Array.of(0xc1, 0xa1, 0x64)],
  ["an overlong slash", Uint8Array.of(0xc0, 0xaf)],
  ["a continuation by itself", Uint8Array.of(0x78, 0x80, 0x79)],
  ["an encoded surrogate", Uint8Array.of(0xed, 0xa0, 0x80)],
  ["a code point beyond the last", Uint8Array.of(0xf4, 0x90, 0x80, 0x80)],
  ["nothing", new Uint8Array()],
])("%s reads as the standard has it", (_name, bytes) => {
  expect(decode(bytes)).toBe(standard.decode(bytes));
});

test("so do all sequences of bytes that matter, and what was text comes back as its bytes", () => {
  const lead = [0x41, 0x7f, 0x80, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5];
  const next = [0x41, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2];
  for (const first of lead) {
    for (const second of next) {
      for (const third of next) {
        for (const fourth of next) {
          const bytes = Uint8Array.of(first, second, third, fourth);
          const text = standard.decode(bytes);
          if (decode(bytes) !== text) expect([...bytes, decode(bytes)]).toEqual([...bytes, text]);
          if (Buffer.from(text).equals(bytes)) expect(probe.encode()).toBe(4);
        }
      }
    }
  }
});

test.each([0n, 9n, 10n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])("%s is written in decimal", (value) => {
  const size = probe.number(value);
  expect(Buffer.from(probe.memory.buffer, probe.input(), size).toString()).toBe(String(value));
});
