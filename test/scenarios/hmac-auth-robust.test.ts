/** Nothing a client sends makes the module trap or grow: every request is answered. The module must have been built. */
import { readFileSync } from "node:fs";
import { type HeaderLine, hostEngine } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { hmacAuthPresets } from "./hmac-auth-presets.ts";
import { markedRequest, presetRequests, randomOf } from "./hmac-auth-random.ts";

const wasm = "dist/hmac-auth.wasm";
readFileSync(wasm);

const [first] = hmacAuthPresets;
if (first === undefined) throw new Error("no scenario");
const start = () => hostEngine.start({ ...first.setUp, logLevel: "critical" });

test("20,000 requests with random changes are answered", async () => {
  const proxy = await start();
  const random = randomOf(20261121);
  const reasons = new Map<string, number>();
  for (let i = 0; i < 20_000; i++) {
    const { outcome, failures, details } = await proxy.send(markedRequest(random));
    expect(failures).toEqual([]);
    expect(outcome).not.toBe("reset");
    reasons.set(String(details), (reasons.get(String(details)) ?? 0) + 1);
  }
  await proxy.close();
  expect(reasons.size).toBeGreaterThan(9);
});

test("megabytes in each header are refused", async () => {
  const proxy = await start();
  const garbage = ["\u00ff".repeat(1 << 20), "v1=,".repeat(1 << 18), "t=1,v1=00,".repeat(100_000), "1".repeat(1 << 20)];
  for (const request of presetRequests) {
    for (const [name] of request.headers ?? []) {
      for (const value of garbage) {
        const headers = (request.headers ?? []).map(([n, v]): HeaderLine => (n === name ? [n, value] : [n, v]));
        const { outcome, failures, details } = await proxy.send({ ...request, headers });
        expect([outcome, failures]).toEqual(["local", []]);
        expect(details).toMatch(/^hmac_auth:(malformed|missing|body_not_signed|signature_mismatch)|^request_header/);
      }
    }
  }
  await proxy.close();
});
