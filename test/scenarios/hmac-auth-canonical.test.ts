/** The canonical schemes: changed requests do not trap, and dates are right on any day. The module must have been built. */
import { ManualClock } from "@proxy-wasm-kit/host";
import { hostEngine, type ProxyRequest } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import type { RequestScenario } from "../scenario.ts";
import { hmacAuthApisix } from "./hmac-auth-apisix.ts";
import { hmacAuthAwsSigV4 } from "./hmac-auth-aws-sigv4.ts";
import { hmacAuthAwsUrl } from "./hmac-auth-aws-url.ts";
import { setUp } from "./hmac-auth-canonical.ts";
import { hmacAuthCavage } from "./hmac-auth-cavage.ts";
import { hmacAuthHigress } from "./hmac-auth-higress.ts";
import { hmacAuthKong } from "./hmac-auth-kong.ts";
import { hmacAuthRfc9421 } from "./hmac-auth-rfc9421.ts";

const all: readonly (readonly [string, readonly RequestScenario[]])[] = [
  ["kong", hmacAuthKong],
  ["apisix", hmacAuthApisix],
  ["cavage", hmacAuthCavage],
  ["rfc9421", hmacAuthRfc9421],
  ["higress", hmacAuthHigress],
  ["aws-sigv4", hmacAuthAwsSigV4],
  ["aws-sigv4 in URLs", hmacAuthAwsUrl],
];

/** Parsed headers of all schemes. */
const parsed = /^(authorization|proxy-authorization|signature|signature-input|x-ca-|x-amz-|date|digest|content-)/;
const bytes = '"=,;:()@ \t\\%/?&azAZ019-_.*\u00e4\u0001'.split("");

test.each(all)("%s: changed requests are answered, and none traps", async (_, scenarios) => {
  const requests = scenarios.filter((each) => each.setUp === setUp).map(({ request }) => request);
  const proxy = await hostEngine.start(setUp);
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  const change = (value: string): string => {
    const at = random(value.length + 1);
    const byte = bytes[random(bytes.length)] ?? "";
    const kind = random(6);
    if (kind === 0) return value.slice(0, at);
    if (kind === 1) return value.slice(0, at) + byte + value.slice(at);
    if (kind === 2) return value.slice(0, at) + value.slice(at + 1);
    if (kind === 3) return value + value.slice(at);
    if (kind === 4) return value.slice(0, at) + byte.repeat(random(3000)) + value.slice(at);
    return value.slice(0, at) + byte + value.slice(at + 1);
  };
  const changed = (request: ProxyRequest): ProxyRequest => ({
    ...request,
    path: random(3) === 0 ? change(request.path ?? "/").replace(/[^!-~]/g, "") : (request.path ?? "/"),
    headers: (request.headers ?? []).map(([name, value]) => [
      name,
      parsed.test(name) && random(2) === 0 ? change(value) : value,
    ]),
  });
  try {
    for (let i = 0; i < 3000; ++i) {
      const request = requests[random(requests.length)];
      if (request === undefined) continue;
      const { outcome, failures } = await proxy.send(changed(request));
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
