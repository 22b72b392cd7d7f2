/** Foreign functions, on the one host that has them: a real Envoy. */
import { generateKeyPairSync, sign } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Engine, envoyEngine, type RunningProxy } from "@proxy-wasm-kit/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compileBytes } from "./compile.ts";

const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  privateKeyEncoding: { type: "pkcs8", format: "pem" },
  publicKeyEncoding: { type: "spki", format: "pem" },
});

const engine: Engine | string = await envoyEngine().catch((error: Error) => error.message);

describe.skipIf(typeof engine === "string")(
  `foreign functions${typeof engine === "string" ? `: ${engine}` : ""}`,
  () => {
    let folder: string;
    let proxy: RunningProxy;

    beforeAll(async () => {
      if (typeof engine === "string") return;
      folder = await mkdtemp(join(tmpdir(), "sdk-"));
      const wasm = join(folder, "foreign.wasm");
      await writeFile(wasm, await compileBytes("sdk/test/assembly/foreign.ts"));
      proxy = await engine.start({ filters: [{ name: "foreign", wasm, configuration: `${privateKey}|${publicKey}` }] });
    });

    afterAll(async () => {
      await proxy?.close();
      await rm(folder, { recursive: true, force: true });
    });

    const logged = async (path: string, headers: readonly (readonly [string, string])[] = []) =>
      (await proxy.send({ path, headers })).logs.map(({ message }) => message);

    test("properties are declared once, when the filter is configured", () => {
      expect(proxy.startLogs.map(({ message }) => message)).toContain("declared 0 2");
    });

    test("expressions are compiled, evaluated and refused", async () => {
      expect(await logged("/cel", [["x-a", "abc"]])).toEqual(["true 3", "true"]);
      expect(await logged("/cel")).toEqual(["false -1", "true"]);
    });

    test("data is compressed and uncompressed", async () => {
      expect(await logged("/zlib")).toEqual(["true 2000", "true"]);
    });

    test("filter state is set, and read by expressions in its type", async () => {
      expect(await logged("/state")).toEqual(["0 1", "true é"]);
    });

    test("signatures are made and verified, and a reason is given when they cannot be", async () => {
      const [made, signature, verified, refused] = await logged("/sign");
      expect([made, verified]).toEqual(["true 256 ", "true false true md5 is not supported."]);
      expect(signature).toBe(sign("sha256", Buffer.from("data"), privateKey).toString("hex"));
      expect(refused).toMatch(/private key/);
    });

    test("maps are walked, and what is no map has no entries", async () => {
      expect(await logged("/map", [["x-a", "abc"]])).toEqual(["abc", "true false", "true"]);
    });

    test("the route cache is cleared, and a function that is not there is not found", async () => {
      expect(await logged("/other")).toEqual(["0 1"]);
    });
  },
);
