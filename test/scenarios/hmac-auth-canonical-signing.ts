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
  higress: ["content-type", "X-Tenant"],
  "aws-sigv4": ["x-tenant", "x-amz-date"],
};
const schemes = Object.keys(own);
/** What else than sha256 they sign by, where it is not sha512. */
const others: Record<string, string> = { higress: "sha1", "aws-sigv4": "sha256" };

const rules = (isSigning: boolean) =>
  schemes.flatMap((scheme) =>
    ["usual", "own", "other"].map((variant) => ({
      id: `${scheme}-${variant}`,
      match: { path: `/${scheme}/${variant}` },
      scheme,
      ...(scheme === "aws-sigv4" && { region: "eu-central-1", service: "execute-api" }),
      ...(variant === "own" && { required_components: own[scheme] }),
      ...(variant === "other" && { allowed_algorithms: [others[scheme] ?? "sha512"] }),
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
const json: HeaderLine = ["content-type", "application/json"];

const ofSome: readonly RequestScenario[] = [
  scenario(
    "higress signs the parameters of a form",
    {
      method: "POST",
      path: "/higress/usual?b=1",
      body: "c=%20&a=2",
      headers: [["content-type", "application/x-www-form-urlencoded"]],
    },
    verified,
  ),
  scenario(
    "higress does not sign a parameter that comes twice, as only the first would be signed",
    { path: "/higress/usual?a=1&a=2" },
    { outcome: "local", status: 401, details: "hmac_auth:insufficient_coverage", upstream: null },
  ),
  scenario(
    "aws-sigv4 signs in the place of a signed URL",
    { path: "/aws-sigv4/usual?a=1&X-Amz-Algorithm=x&X-Amz-Signature=00&X-Amz-Date=0&b" },
    { ...verified, upstream: { path: "/aws-sigv4/usual?a=1&b", headers: [["x-hmac-consumer", "alice"]] } },
  ),
];

const ofAll: readonly RequestScenario[] = schemes.flatMap((scheme) => [
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
        ["content-md5", "x"],
        ["x-amz-content-sha256", "x"],
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
        ["x-ca-signature", "x"],
        ["x-ca-key", "k-bob"],
      ],
    },
    verified,
  ),
  scenario(`${scheme} signs what the rule asks for`, { path: `/${scheme}/own?a=1`, headers: [tenant, json] }, verified),
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
  scenario(`${scheme} signs by what is allowed`, { method: "POST", path: `/${scheme}/other`, body }, verified),
]);

export const hmacAuthCanonicalSigning: readonly RequestScenario[] = [...ofAll, ...ofSome];
