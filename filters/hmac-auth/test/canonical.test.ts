/** Requests of the canonical schemes with one or more bytes changed: each is answered, and none is taken. */
import { hostEngine, type ProxyRequest } from "@proxy-wasm-kit/testing";
import { expect, test } from "vitest";
import type { RequestScenario } from "../../../test/scenario.ts";
import { hmacAuthApisix } from "../../../test/scenarios/hmac-auth-apisix.ts";
import { hmacAuthAwsSigV4 } from "../../../test/scenarios/hmac-auth-aws-sigv4.ts";
import { setUp } from "../../../test/scenarios/hmac-auth-canonical.ts";
import { hmacAuthCavage } from "../../../test/scenarios/hmac-auth-cavage.ts";
import { hmacAuthHigress } from "../../../test/scenarios/hmac-auth-higress.ts";
import { hmacAuthKong } from "../../../test/scenarios/hmac-auth-kong.ts";
import { hmacAuthRfc9421 } from "../../../test/scenarios/hmac-auth-rfc9421.ts";

const all: readonly (readonly [string, readonly RequestScenario[]])[] = [
  ["kong", hmacAuthKong],
  ["apisix", hmacAuthApisix],
  ["cavage", hmacAuthCavage],
  ["rfc9421", hmacAuthRfc9421],
  ["higress", hmacAuthHigress],
  ["aws-sigv4", hmacAuthAwsSigV4],
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
