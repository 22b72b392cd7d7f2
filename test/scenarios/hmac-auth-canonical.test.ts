/** The canonical schemes: changed requests do not trap, and dates are right on any day. The module must have been built. */
import { ManualClock } from "@proxy-wasm-kit/host";
import { hostEngine } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import { setUp } from "./hmac-auth-canonical.ts";
import { canonicalRequests, changedRequest, randomOf } from "./hmac-auth-random.ts";

test.each(canonicalRequests)("%s: changed requests are answered, and none traps", async (_, requests) => {
  const proxy = await hostEngine.start(setUp);
  const random = randomOf(1);
  try {
    for (let i = 0; i < 3000; ++i) {
      const { outcome, failures } = await proxy.send(changedRequest(random, requests));
      expect(failures).toEqual([]);
      expect(["forwarded", "local"]).toContain(outcome);
    }
  } finally {
    await proxy.close();
  }
});

test("dates are written and read as they are on any day", async () => {
  const consumers = [{ name: "a", key_id: "a", keys: [{ value: "a key that is long enough" }] }];
  const rules = [{ scheme: "kong", consumers, tolerance_seconds: 1 }];
  const filters = [{ mode: "sign", rules }, { rules }].map((configuration, index) => ({
    name: `hmac-auth-${index}`,
    wasm: "dist/hmac-auth.wasm",
    configuration,
  }));
  const days = ["1970-01-01", "1999-12-31", "2000-02-29", "2000-03-01", "2023-02-28", "2024-02-29", "2024-12-31"];
  for (const day of [...days, "2025-01-01", "2038-01-19", "2100-02-28", "2100-03-01", "2400-02-29"]) {
    const now = new Date(`${day}T23:59:59Z`);
    const proxy = await hostEngine.start({ filters, clock: new ManualClock(now) });
    try {
      const { outcome, upstream } = await proxy.send({ path: "/" });
      expect(outcome).toBe("forwarded");
      expect(upstream?.headers).toContainEqual(["date", now.toUTCString()]);
    } finally {
      await proxy.close();
    }
  }
});
