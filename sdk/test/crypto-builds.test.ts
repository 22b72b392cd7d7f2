/** HMAC against Wycheproof, and hashes over random pieces against node:crypto, as compiled with SIMD and without. */
import { createHash, createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { compile } from "./compile.ts";
import { randomBelow } from "./random.ts";

interface CryptoModule {
  alloc(size: number): number;
  begin(bits: number): void;
  update(ptr: number, size: number): void;
  end(into: number): void;
  mac(bits: number, keyPtr: number, keySize: number, ptr: number, size: number, into: number): void;
  equal(a: number, b: number, size: number): number;
}

const algorithms = { md5: 128, sha1: 160, sha256: 256, sha384: 384, sha512: 512 } as const;
type Algorithm = keyof typeof algorithms;
const names = Object.keys(algorithms) as Algorithm[];

type Vector = readonly [Algorithm, tcId: number, key: string, msg: string, tag: string, result: "valid" | "invalid"];
const lines = readFileSync("sdk/test/vectors/wycheproof-hmac.jsonl", "utf8").trim().split("\n");
const vectors = lines.map((line) => JSON.parse(line) as Vector);

const fromHex = (hex: string) => Buffer.from(hex, "hex");

const roomSize = 1 << 21;
const bytes = Buffer.from(Array.from({ length: roomSize }, (_, i) => (i * 151 + (i >> 8) * 7) & 255));

describe.each(["release", "scalar"])("compiled for target %s", (target) => {
  let module: Awaited<ReturnType<typeof compile<CryptoModule>>>;
  let input: number;
  let key: number;
  let output: number;

  beforeAll(async () => {
    module = await compile<CryptoModule>("sdk/test/assembly/crypto.ts", target);
    [input, key, output] = [module.alloc(roomSize), module.alloc(1024), module.alloc(128)];
    put(input, bytes);
  });

  const memory = () => Buffer.from(module.memory.buffer);
  const put = (at: number, content: Uint8Array) => memory().set(content, at);
  const taken = (name: Algorithm) => memory().toString("hex", output, output + algorithms[name] / 8);

  test.each(["sha1", "sha256", "sha384", "sha512"] as const)("Wycheproof: HMAC with %s", (name) => {
    const own = vectors.filter(([algorithm]) => algorithm === name);
    expect(own.length).toBe(name === "sha1" ? 170 : 174);
    for (const [, tcId, keyHex, msgHex, tagHex, result] of own) {
      const [secret, msg, tag] = [fromHex(keyHex), fromHex(msgHex), fromHex(tagHex)];
      put(key, secret);
      put(input, msg);
      put(output + 64, tag);
      module.mac(algorithms[name], key, secret.length, input, msg.length, output);
      expect(module.equal(output, output + 64, tag.length), `tcId ${tcId}`).toBe(result === "valid" ? 1 : 0);
    }
    put(input, bytes);
  });

  test.each(names)("%s over random pieces is what node:crypto has", (name) => {
    const random = randomBelow(algorithms[name]);
    const odd = [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 1_000_003];
    for (const size of [...Array(301).keys(), ...odd]) {
      module.begin(algorithms[name]);
      // Pieces around the block borders, none of them aligned; an empty one now and then.
      for (let at = 0; at < size; ) {
        const piece = Math.min(random(size < 1000 ? 150 : 50_000), size - at);
        module.update(input + at, piece);
        at += piece;
      }
      module.end(output);
      expect(taken(name), `${size} bytes`).toBe(createHash(name).update(bytes.subarray(0, size)).digest("hex"));
    }
  });

  test.each(names)("HMAC with %s and keys of 0 to 200 bytes is what node:crypto has", (name) => {
    const random = randomBelow(algorithms[name]);
    for (let keySize = 0; keySize <= 200; ++keySize) {
      const [from, size] = [random(1000), random(300)];
      const secret = bytes.subarray(from, from + keySize);
      put(key, secret);
      module.mac(algorithms[name], key, keySize, input, size, output);
      const expected = createHmac(name, secret).update(bytes.subarray(0, size)).digest("hex");
      expect(taken(name), `a key of ${keySize} bytes`).toBe(expected);
    }
  });
});
