import { createSign, createVerify, generateKeyPairSync, getRandomValues, type KeyObject } from "node:crypto";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { privateKey, privateKeyOfPem, publicKey, publicKeyOfPem, unusable } from "./keys.ts";

const text = new TextEncoder().encode("text");
const der = (key: KeyObject) => key.export({ format: "der", type: key.type === "public" ? "spki" : "pkcs8" });
const pem = (key: KeyObject, type: "spki" | "pkcs8" | "sec1") => String(key.export({ format: "pem", type }));
const digest = (hash: (text: Uint8Array) => Uint8Array, of = text) => ({ bytes: hash(of), prefix: new Uint8Array() });

describe.each(["secp224r1", "prime256v1", "secp384r1", "secp521r1"])("keys of %s", (namedCurve) => {
  const pair = generateKeyPairSync("ec", { namedCurve });
  const signature = createSign("sha256").update(text).sign(pair.privateKey);

  test("verify what Node has signed, and nothing else", () => {
    const key = publicKey(der(pair.publicKey));
    expect(key?.verify(digest(sha256), signature)).toBe(true);
    expect(key?.verify(digest(sha512), createSign("sha512").update(text).sign(pair.privateKey))).toBe(true);
    expect(key?.verify(digest(sha256, Uint8Array.of(1)), signature)).toBe(false);
    expect(key?.verify(digest(sha256), Uint8Array.of(...signature, 0))).toBe(false);
    expect(key?.verify(digest(sha256), new Uint8Array())).toBe(false);
    expect(publicKeyOfPem(pem(pair.publicKey, "spki"))?.verify(digest(sha256), signature)).toBe(true);
  });

  test.each(["pkcs8", "sec1"] as const)("sign what Node verifies, out of PEM of %s", (type) => {
    const key = privateKeyOfPem(pem(pair.privateKey, type));
    if (key === null || key === unusable) throw new Error("no key");
    const made = key.sign(digest(sha256), getRandomValues);
    expect(
      createVerify("sha256")
        .update(text)
        .verify(pair.publicKey, made ?? text),
    ).toBe(true);
  });
});

describe("keys of P-256", () => {
  const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const signature = createSign("sha256").update(text).sign(pair.privateKey);
  const spki = der(pair.publicKey);
  /** `form` and coordinates, with the lengths around them shortened by as much as is left out. */
  const withPoint = (form: number, coordinates: Uint8Array) => {
    const changed = Uint8Array.of(...spki.subarray(0, -65), form, ...coordinates);
    const shorterBy = spki.length - changed.length;
    changed[1] = (changed[1] ?? 0) - shorterBy;
    changed[24] = (changed[24] ?? 0) - shorterBy;
    return changed;
  };

  test("may be compressed", () => {
    const form = 2 + ((spki.at(-1) ?? 0) & 1);
    const coordinate = spki.subarray(-64, -32);
    expect(publicKey(withPoint(form, coordinate))?.verify(digest(sha256), signature)).toBe(true);
    expect(publicKey(withPoint(form ^ 1, coordinate))?.verify(digest(sha256), signature)).toBe(false);
  });

  test("must be on the curve", () => {
    const coordinates = Uint8Array.from(spki.subarray(-64));
    coordinates[63] = (coordinates[63] ?? 0) ^ 1;
    expect(publicKey(withPoint(4, coordinates))).toBeNull();
  });

  test("verify no numbers that are not between 0 and the order", () => {
    const zero = Uint8Array.of(0x30, 6, 2, 1, 0, 2, 1, 1);
    expect(publicKey(spki)?.verify(digest(sha256), zero)).toBe(false);
  });
});

test("other keys are none, or of no use, as in Envoy", () => {
  const other = generateKeyPairSync("ec", { namedCurve: "secp256k1" });
  expect(publicKey(der(other.publicKey))).toBeNull();
  expect(privateKey(der(other.privateKey))).toBeNull();
  const edwards = generateKeyPairSync("ed25519");
  expect(publicKey(der(edwards.publicKey))).toBeNull();
  expect(privateKey(der(edwards.privateKey))).toBe(unusable);
});
