/** hmac-auth, `mode: sign`: one filter signs what the next one verifies, both with the same rules. */
import { createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const text = "a key to sign with, long enough";
const other = "another key to sign with, as long";
const whsec = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const body = '{"event":"it happened"}';

const lists = ["stripe", "paddle", "pagerduty", "elevenlabs"];
const webhooks = ["standard-webhooks", "svix"];
const plain = [
  "github",
  "intercom",
  "slack",
  "zoom",
  "shopify",
  "square",
  "dropbox",
  "hubspot-v3",
  "vercel",
  "webflow",
];
const presets = [...lists, ...webhooks, ...plain, "meta", "woocommerce", "twilio", "linear"];

const rules = (isSigning: boolean) =>
  presets.map((scheme) => {
    const several = lists.includes(scheme) || webhooks.includes(scheme);
    const keys = webhooks.includes(scheme) ? [whsec, Buffer.from(other).toString("base64")] : [text, other];
    return {
      id: scheme,
      match: { path_prefix: `/${scheme}/` },
      scheme,
      ...(isSigning && several && { sign_with: "all" }),
      // Signed with both, and verified by the older one alone: what is between two rotations.
      keys: (isSigning || !several ? keys : keys.slice(1)).map((value) => ({ value })),
    };
  });

const chain = (signs: unknown, verifies: unknown): SetUp => {
  const [first, second] = [withConfiguration(signs), withConfiguration(verifies)].flatMap(({ filters }) => filters);
  if (first === undefined || second === undefined) throw new Error("two filters");
  return {
    filters: [
      { ...first, name: "hmac-auth-sign" },
      { ...second, name: "hmac-auth-verify" },
    ],
    secrets: [text, other, whsec],
  };
};

const both = chain({ mode: "sign", rules: rules(true) }, { hide_credentials: false, rules: rules(false) });
const signing: SetUp = {
  ...withConfiguration({
    mode: "sign",
    max_body_bytes: 100,
    rules: [
      { match: { path: "/open" }, action: "allow" },
      {
        match: { path: "/covered" },
        scheme: {
          header: "X-Sig",
          string_to_sign: "{header:x-time}{header:x-who}{body}",
          timestamp: { header: "X-Time" },
        },
        keys: [{ value: text }],
      },
      { match: { path: "/url" }, scheme: { header: "X-Sig", string_to_sign: "{url}" }, keys: [{ value: text }] },
      { scheme: "github", keys: [{ value: text }, { value: other }] },
    ],
  }),
  secrets: [text, other],
};

const post = (path: string, more: Partial<ProxyRequest> = {}): ProxyRequest => ({
  method: "POST",
  path,
  body,
  ...more,
});
const refused = (reason: string, status = 401): Expectation => ({
  outcome: "local",
  status,
  details: `hmac_auth:${reason}`,
  upstream: null,
  metrics: { hmac_auth_signed: 0 },
});
const signed = (content: string | Uint8Array): HeaderLine => [
  "x-hub-signature-256",
  `sha256=${createHmac("sha256", text).update(content).digest("hex")}`,
];
const large = "x".repeat(101);

const scenario = (
  name: string,
  request: ProxyRequest,
  expect: Expectation,
  setUp: SetUp = signing,
): RequestScenario => ({
  name: `hmac-auth: signing: ${name}`,
  setUp,
  request,
  expect,
});

/** What a client claims to have signed. */
const claims: readonly HeaderLine[] = [
  ["x-hub-signature-256", "sha256=00"],
  ["x-hub-signature-256", "sha256=11"],
  ["webhook-id", "msg_mine"],
  ["webhook-timestamp", "1"],
  ["svix-timestamp", "1"],
  ["stripe-signature", "t=1,v1=00"],
  ["x-slack-request-timestamp", "1"],
  ["x-hubspot-request-timestamp", "1"],
];

const roundTrips = presets.map(
  (preset): RequestScenario => ({
    name: `hmac-auth: signing: ${preset}: what one filter signs the next one verifies`,
    setUp: both,
    get request() {
      const content =
        preset === "linear" ? `{"webhookTimestamp":${Date.now()}}` : preset === "twilio" ? "b=2&a=1" : body;
      const type: HeaderLine = ["content-type", "application/x-www-form-urlencoded"];
      return post(`/${preset}/x?y=1`, {
        body: [content.slice(0, 5), content.slice(5)],
        headers: preset === "twilio" ? [...claims, type] : claims,
      });
    },
    expect: { outcome: "forwarded", status: 200, metrics: { hmac_auth_signed: 1, hmac_auth_verified: 1 } },
  }),
);

export const hmacAuthSigning: readonly RequestScenario[] = [
  ...roundTrips,
  scenario("the first key signs, and what the client claims is gone", post("/x", { headers: claims }), {
    outcome: "forwarded",
    status: 200,
    upstream: { body, headers: [signed(body)] },
    metrics: { hmac_auth_signed: 1, hmac_auth_verified: 0 },
  }),
  scenario("a body with trailers is signed", post("/x", { body: [body], trailers: [["x-a", "1"]] }), {
    outcome: "forwarded",
    status: 200,
    upstream: { body, headers: [signed(body)] },
  }),
  scenario("what no rule is for does not leave", post("/x"), refused("no_rule"), {
    ...withConfiguration({
      mode: "sign",
      rules: [{ match: { path: "/y" }, scheme: "github", keys: [{ value: text }] }],
    }),
  }),
  scenario("a rule lets a request through as it is", post("/open"), {
    outcome: "forwarded",
    status: 200,
    upstream: { withoutHeaders: ["x-hub-signature-256"] },
    metrics: { hmac_auth_allowed: 1, hmac_auth_signed: 0 },
  }),
  scenario("nothing above the limit leaves", post("/x", { body: large }), refused("body_too_large", 413)),
  scenario(
    "nothing above the limit leaves in pieces",
    post("/x", { body: [large, "x"] }),
    refused("body_too_large", 413),
  ),
  scenario("no body is not signed where the body is all", post("/x", { body: "" }), refused("empty_body")),
  scenario("a header that is signed must be there", post("/covered"), refused("missing_component")),
  scenario(
    "a header that is signed must be there once",
    post("/covered", {
      headers: [
        ["x-who", "a"],
        ["x-who", "b"],
      ],
    }),
    refused("duplicate_header"),
  ),
  scenario(
    "a time of the client's own gives way",
    post("/covered", {
      headers: [
        ["x-who", "a"],
        ["x-time", "1"],
      ],
    }),
    {
      outcome: "forwarded",
      status: 200,
      upstream: { headers: [["x-who", "a"]] },
      metrics: { hmac_auth_signed: 1 },
    },
  ),
  scenario("a body that the scheme does not sign does not leave", post("/url"), refused("body_not_signed")),
];
