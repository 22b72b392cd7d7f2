/** Under load counters are told together; none may be lost. The module must have been built. */
import { hostEngine, ManualClock } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { header, hex, withFields } from "./hmac-auth-set-up.ts";

test("more requests than are counted at once are all counted when the timer fires", async () => {
  const clock = new ManualClock();
  const proxy = await hostEngine.start({ ...withFields(), clock, logLevel: "critical" });
  const send = (count: number, signature: string) =>
    Promise.all(
      Array.from({ length: count }, () => proxy.send({ method: "POST", headers: [[header, signature]], body: "a" })),
    );
  await send(3000, hex("a"));
  await send(2000, hex("b"));
  const { hmac_auth_verified: verified, hmac_auth_rejected: rejected } = await proxy.metrics();
  expect(verified).toBe(3000);
  expect(rejected).toBeLessThan(2000);

  clock.advance(1000);
  const { metrics } = await proxy.waitFor((seen) => seen.metrics.hmac_auth_rejected === 2000);
  expect(metrics.hmac_auth_rejected_signature_mismatch).toBe(2000);
  expect(metrics.hmac_auth_verified).toBe(3000);
  await proxy.close();
});
