/** What the scenarios of hmac-auth's canonical schemes share: one configuration with rules for every scheme, and what is expected. */
import { createHash, createHmac } from "node:crypto";
import type { ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

export const keys = {
  alice: "the newest key of alice",
  aliceOld: "an older key of alice",
  bob: "the only key of bob, as text",
  carol: "carol signs with sha512 alone",
} as const;

/** When these scenarios were made; rules take a day, so that no engine is too slow for them. */
export const now = Date.now();
const day = 86_400;

const consumers = [
  {
    name: "alice",
    key_id: "k-alice",
    keys: [
      { id: "new", value: keys.alice },
      { id: "old", value: keys.aliceOld },
    ],
  },
  { name: "bob", key_id: "k-bob", keys: [{ value: Buffer.from(keys.bob).toString("hex"), encoding: "hex" }] },
  { name: "carol", key_id: "k-carol", keys: [{ value: keys.carol }], algorithm: "sha512" },
];

/** A path for each: "/kong/usual" and so on. */
const variants: Record<string, Record<string, unknown>> = {
  usual: {},
  open: { validate_body: false },
  allow: { allow: ["alice"] },
  anonymous: { anonymous_consumer: "guest" },
  hide: { hide_credentials: true },
  sha1: { allowed_algorithms: ["sha1"] },
  small: { max_body_bytes: 1000 },
  replay: { replay: { window_seconds: 300 } },
};

/** Components that the rule at "/<scheme>/own" asks for. */
const own: Record<string, readonly string[]> = {
  kong: ["date", "request-line", "x-tenant"],
  apisix: ["date", "@request-target", "x-tenant"],
  cavage: ["(request-target)", "host", "date"],
  rfc9421: ["@method", "@target-uri", "x-tenant"],
  higress: ["date", "x-tenant"],
  "aws-sigv4": ["host", "x-amz-date", "x-tenant"],
};

const schemes = Object.keys(own);

export const configuration = {
  rules: schemes.flatMap((scheme) =>
    Object.entries({
      ...variants,
      own: { required_components: own[scheme] },
    }).map(([variant, fields]) => ({
      id: `${scheme}-${variant}`,
      match: { path: `/${scheme}/${variant}` },
      scheme,
      tolerance_seconds: day,
      consumers,
      ...(scheme === "aws-sigv4" && { region: "us-east-1", service: "service" }),
      ...fields,
    })),
  ),
};

export const setUp: SetUp = { ...withConfiguration(configuration), secrets: Object.values(keys) };

export const mac = (text: string | Uint8Array, key: string, algorithm = "sha256"): string =>
  createHmac(algorithm, key).update(text).digest("base64");

export const digest = (body: string | Uint8Array, algorithm = "sha256"): string =>
  createHash(algorithm).update(body).digest("base64");

/** The date so many seconds from now, as HTTP writes it. */
export const date = (seconds = 0): string => new Date(now + seconds * 1000).toUTCString();

/** A date that is no longer, or not yet, fresh for any rule. */
export const past = date(-2 * day);
export const future = date(2 * day);

export const passes = (consumer: string, more: Partial<NonNullable<Expectation["upstream"]>> = {}): Expectation => ({
  outcome: "forwarded",
  status: 200,
  upstream: { headers: [["x-hmac-consumer", consumer]], ...more },
  metrics: { hmac_auth_verified: 1, hmac_auth_rejected: 0 },
});

export const anonymous: Expectation = {
  outcome: "forwarded",
  status: 200,
  upstream: { headers: [["x-hmac-consumer", "guest"]] },
  metrics: { hmac_auth_verified: 0, hmac_auth_anonymous: 1 },
};

/** Refused before upstream has seen anything. */
export const refused = (reason: string, challenge = "Signature"): Expectation => ({
  outcome: "local",
  status: reason === "consumer_not_allowed" ? 403 : reason === "body_too_large" ? 413 : 401,
  details: `hmac_auth:${reason}`,
  ...(reason !== "consumer_not_allowed" &&
    reason !== "body_too_large" && {
      headers: [["www-authenticate", `${challenge} realm="hmac"`]] as const,
      body: '{"error":"unauthorized"}',
    }),
  upstream: null,
  metrics: { hmac_auth_verified: 0, [`hmac_auth_rejected_${reason}`]: 1 },
});

/** A request of one scheme and what comes of it. */
export const scenario = (
  scheme: string,
  name: string,
  request: ProxyRequest,
  expect: Expectation,
  before?: readonly ProxyRequest[],
): RequestScenario => ({
  name: `hmac-auth: ${scheme}: ${name}`,
  setUp,
  request,
  expect,
  ...(before && { before }),
});
