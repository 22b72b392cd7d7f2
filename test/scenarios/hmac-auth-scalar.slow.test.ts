/** hmac-auth for hosts without SIMD: the module has no such instruction, and judges as the other one does. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hostEngine } from "@proxy-wasm-kit/testing";
import binaryen from "binaryen";
import { afterAll, beforeAll, expect, test } from "vitest";
import { compile } from "../compile.ts";
import { checkExchange } from "../expectations.ts";
import type { RequestScenario } from "../scenario.ts";
import { hmacAuthHigress } from "./hmac-auth-higress.ts";
import { hmacAuthPresets } from "./hmac-auth-presets.ts";

const simd = /\b(v128|i8x16|i16x8|i32x4|i64x2)\b/;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-scalar-"));
  await compile("filters/hmac-auth/assembly/index.ts", join(folder, "scalar.wasm"), ["--target", "scalar"]);
});
afterAll(() => rm(folder, { recursive: true }));

async function textOf(file: string): Promise<string> {
  const module = binaryen.readBinary(await readFile(file));
  const text = module.emitText();
  module.dispose();
  return text;
}

test("no instruction needs SIMD", async () => {
  expect(await textOf("dist/hmac-auth.wasm")).toMatch(simd);
  expect(await textOf(join(folder, "scalar.wasm"))).not.toMatch(simd);
});

// All hashes, forms, sorted parameters and the replay store: all that is written otherwise without SIMD.
test.each([
  ["presets", hmacAuthPresets],
  ["higress", hmacAuthHigress],
] as const)("the scenarios of %s come out alike", async (_, scenarios: readonly RequestScenario[]) => {
  for (const { name, setUp, before = [], request, expect: expected } of scenarios) {
    const filters = setUp.filters.map((filter) => ({ ...filter, wasm: join(folder, "scalar.wasm") }));
    const proxy = await hostEngine.start({ ...setUp, filters });
    for (const earlier of before) await proxy.send(earlier);
    const exchange = await proxy.send(request);
    await proxy.close();
    expect(exchange.failures, name).toEqual([]);
    checkExchange(exchange, expected);
  }
});
