/** hmac-auth, `mode: sign` by the canonical schemes: one filter signs what the next one verifies. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import { keys } from "./hmac-auth-canonical.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const body = '{"amount":7}';
const own: Record<string, readonly string[]> = {
  kong: ["x-date", "request-line", "x-tenant"],
  apisix: ["@request-target", "date", "x-tenant", "host"],
  cavage: ["(request-target)", "(created)", "x-tenant"],
  rfc9421: ["@method", "@target-uri", '@query-param;name="a"', "x-tenant"],
};
const schemes = Object.keys(own);

const rules = (isSigning: boolean) =>
  schemes.flatMap((scheme) =>
    ["usual", "own", "sha512"].map((variant) => ({
      id: `${scheme}-${variant}`,
      match: { path: `/${scheme}/${variant}` },
      scheme,
      ...(variant === "own" && { required_components: own[scheme] }),
      ...(variant === "sha512" && { allowed_algorithms: ["sha512"] }),
      consumers: [
        {
          name: "alice",
          key_id: "k-alice",
          keys: isSigning ? [{ value: keys.alice }] : [{ value: keys.aliceOld }, { value: keys.alice }],
        },
      ],
    })),
  );

const filters = [
  { mode: "sign", rules: rules(true) },
  { default: "allow", rules: rules(false) },
].flatMap((configuration, index) =>
  withConfiguration(configuration).filters.map((filter) => ({
    ...filter,
    name: index === 0 ? "hmac-auth-sign" : "hmac-auth-verify",
  })),
);
const both: SetUp = { filters, secrets: Object.values(keys) };

const verified: Expectation = {
  outcome: "forwarded",
  status: 200,
  upstream: { headers: [["x-hmac-consumer", "alice"]] },
  metrics: { hmac_auth_signed: 1, hmac_auth_verified: 1 },
};

const scenario = (name: string, request: ProxyRequest, expect: Expectation): RequestScenario => ({
  name: `hmac-auth: ${name}`,
  setUp: both,
  request,
  expect,
});

const tenant: HeaderLine = ["x-tenant", "t1"];

export const hmacAuthCanonicalSigning: readonly RequestScenario[] = schemes.flatMap((scheme) => [
  scenario(`what ${scheme} signs it verifies`, { path: `/${scheme}/usual?a=1&b` }, verified),
  scenario(
    `${scheme} signs a body by its digest`,
    {
      method: "POST",
      path: `/${scheme}/usual`,
      body,
      headers: [
        ["digest", "SHA-256=x"],
        ["content-digest", "x"],
      ],
    },
    { ...verified, upstream: { body, headers: [["x-hmac-consumer", "alice"]] } },
  ),
  scenario(
    `${scheme} signs in the place of what the client claims`,
    {
      path: `/${scheme}/usual`,
      headers: [
        ["date", "Thu, 22 Jun 2017 17:15:21 GMT"],
        ["signature", "keyId=x"],
        ["signature-input", "sig=()"],
        ["proxy-authorization", "hmac x"],
      ],
    },
    verified,
  ),
  scenario(`${scheme} signs what the rule asks for`, { path: `/${scheme}/own?a=1`, headers: [tenant] }, verified),
  scenario(
    `${scheme} does not sign without what the rule asks for`,
    { path: `/${scheme}/own?a=1` },
    {
      outcome: "local",
      status: 401,
      details: "hmac_auth:missing_component",
      upstream: null,
      metrics: { hmac_auth_signed: 0 },
    },
  ),
  scenario(`${scheme} signs by sha512`, { method: "POST", path: `/${scheme}/sha512`, body }, verified),
]);
