/** hmac-auth: what rules of canonical schemes may not say. */
import type { RefusalScenario } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const consumers = [{ name: "alice", key_id: "k", keys: [{ value: "a key that is long enough" }] }];

const refuses = (
  scheme: string,
  components: readonly unknown[],
  more: Record<string, unknown> = {},
): RefusalScenario => ({
  name: `hmac-auth: ${scheme}: ${components.length > 5 ? "33 components" : JSON.stringify(components)} cannot be required`,
  setUp: withConfiguration({
    rules: [
      {
        scheme,
        required_components: components,
        consumers,
        ...more,
      },
    ],
  }),
  refused: /\/rules\/0\/required_components[^:]*: expected/,
});

export const hmacAuthRefusedComponents: readonly RefusalScenario[] = [
  refuses("kong", []),
  refuses("kong", ["date", "@foo"]),
  refuses("kong", ["x y"]),
  refuses("kong", [""]),
  refuses("kong", [1]),
  refuses("apisix", ["(request-target)"]),
  refuses("cavage", ["@request-target"]),
  refuses("rfc9421", ["@status"]),
  refuses("rfc9421", ["@query-param"]),
  refuses("rfc9421", ['@query-param;name="a"b"']),
  refuses("rfc9421", ["@method;req"]),
  refuses("higress", ["@path"]),
  refuses("aws-sigv4", ["@path"], { region: "r", service: "s" }),
  refuses(
    "rfc9421",
    Array.from({ length: 33 }, (_, i) => `x-${i}`),
  ),
  {
    name: "hmac-auth: aws-sigv4: an empty region is refused",
    setUp: withConfiguration({ rules: [{ scheme: "aws-sigv4", region: "", service: "s", consumers }] }),
    refused: /\/rules\/0\/region: expected a region/,
  },
  {
    name: "hmac-auth: kong: signing with all keys is refused",
    setUp: withConfiguration({ mode: "sign", sign_with: "all", rules: [{ scheme: "kong", consumers }] }),
    refused: /\/rules\/0\/sign_with: expected "first"/,
  },
];
