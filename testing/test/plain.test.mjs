// A filter's test without vitest or TypeScript: node:test, and the package as it is published. Run by matchers.test.ts.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { exchangeOf, startProxy } from "proxy-wasm-kit/testing";
import { assertions } from "proxy-wasm-kit/testing/matchers";

const proxy = await startProxy({
  filters: { wasm: "dist/hmac-auth.wasm", configuration: { signing_key: "key", signature_header: "x-signature" } },
  upstream: async (request) => new Response(`upstream got ${await request.text()}`),
});
after(() => proxy.close());

test("an unsigned request is refused", async () => {
  const response = await proxy.fetch("/hook", { method: "POST", body: "hello" });
  assertions.toHaveLocalResponse(response, 401, "hmac_auth:missing_signature");
  assertions.not.toHaveContinued(response);
  assert.equal(exchangeOf(response).upstream, null);
});

test("a signed request passes", async () => {
  // printf hello | openssl dgst -sha256 -hmac key
  const signature = "9307b3b915efb5171ff14d8cb55fbcc798c6c0ef1456d66ded1a6aa723a58b7b";
  const headers = { "x-signature": `sha256=${signature}` };
  const response = await proxy.fetch("/hook", { method: "POST", body: "hello", headers });
  assertions.toHaveContinued(response);
  assertions.toHaveUpstreamBody(response, "hello");
  assert.equal(await response.text(), "upstream got hello");
});
