/** hmac-auth, the full form: which rule a request gets, schemes that are spelled out, and what a refusal says. */
import { createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const key = "a key of the rules, long enough";
const older = "an older key of the rules";
const body = '{"event":"it happened"}';
const github = (content: string | Uint8Array = body, by = key): HeaderLine => [
  "x-hub-signature-256",
  `sha256=${createHmac("sha256", by).update(content).digest("hex")}`,
];
const hex = (algorithm: string, ...parts: string[]) => createHmac(algorithm, key).update(parts.join("")).digest("hex");

const keys = [{ value: key }];
const template = (scheme: Record<string, unknown>) => ({ header: "X-Sig", ...scheme });

const full: SetUp = {
  ...withConfiguration(
    {
      hide_credentials: true,
      debug_headers: true,
      rules: [
        { match: { path: "/handshake", methods: ["GET"] }, action: "allow" },
        {
          id: "github",
          match: { hosts: ["hooks.example.com", "*.hooks.dev"], path_prefix: "/github", methods: ["POST", "PUT"] },
          scheme: "github",
          keys: [
            { id: "2026-10", env: "GITHUB_SECRET" },
            { id: "2026-04", value: older },
          ],
        },
        { match: { routes: ["no such route"] }, action: "allow" },
        {
          match: { path_prefix: "/partner" },
          scheme: template({
            list: { separator: ",", pair: "=", signature: "s", timestamp: "t" },
            string_to_sign: "{method}\n{path}\n{timestamp}\n{body}",
            timestamp: { element: "t", unit: "ms", tolerance_seconds: 60 },
            algorithm: "sha512",
            encoding: "base64",
          }),
          keys: [{ value: Buffer.from(key).toString("base64").replace(/=+$/, ""), encoding: "base64" }],
        },
        {
          match: { path_prefix: "/headers" },
          scheme: template({ string_to_sign: "{header:X-A}|{host}|{query}|{body}|{header:x-b}", algorithm: "sha384" }),
          keys,
        },
        { match: { path_prefix: "/tail" }, scheme: template({ string_to_sign: "{body}.{header:x-a}-{method}" }), keys },
        { match: { path_prefix: "/url" }, scheme: template({ string_to_sign: "{method} {url}" }), keys },
        {
          match: { path_prefix: "/unsigned-body" },
          scheme: template({ string_to_sign: "{path}" }),
          validate_body: false,
          keys,
        },
        {
          match: { path_prefix: "/base64url" },
          scheme: template({ encoding: "base64url", prefix: "v=", empty_body: "accept" }),
          keys: [{ value: Buffer.from(key).toString("hex"), encoding: "hex" }],
        },
        { match: { path_prefix: "/small" }, scheme: "github", max_body_bytes: 10, keys },
        { match: { path_prefix: "/slow" }, scheme: "stripe", tolerance_seconds: 3600, keys },
        {
          match: { path_prefix: "/decode" },
          scheme: template({ string_to_sign: "{url}{body}", url: { decode: ":/?" } }),
          public_base_url: "https://a.example:8443",
          keys,
        },
        { match: { path_prefix: "/form" }, scheme: template({ string_to_sign: "{form}" }), keys },
        { match: { path_prefix: "/linear" }, scheme: "linear", keys },
        {
          match: { path_prefix: "/replay" },
          scheme: "github",
          keys: [{ value: key }, { value: older }],
          replay: { window_seconds: 300, untimed: true },
        },
      ],
    },
    { GITHUB_SECRET: key },
  ),
  secrets: [key, older],
};

const post = (path: string, headers: readonly HeaderLine[], more: Partial<ProxyRequest> = {}): ProxyRequest => ({
  method: "POST",
  path,
  authority: "hooks.example.com",
  headers,
  body,
  ...more,
});

const passes = (upstream: NonNullable<Expectation["upstream"]> = {}): Expectation => ({
  outcome: "forwarded",
  status: 200,
  upstream: { withoutHeaders: ["x-hmac-consumer"], ...upstream },
  metrics: { hmac_auth_verified: 1, hmac_auth_rejected: 0 },
});
const allowed: Expectation = {
  outcome: "forwarded",
  status: 200,
  upstream: { withoutHeaders: ["x-hmac-consumer"] },
  metrics: { hmac_auth_allowed: 1, hmac_auth_verified: 0 },
};
const refused = (reason: string, status = 401): Expectation => ({
  outcome: "local",
  status,
  details: `hmac_auth:${reason}`,
  upstream: null,
  log: new RegExp(`hmac_auth:${reason}`),
  metrics: { [`hmac_auth_rejected_${reason}`]: 1, hmac_auth_verified: 0 },
});
const debugged = (reason: string, status = 401): Expectation => ({
  ...refused(reason, status),
  headers: [["x-hmac-auth-reason", reason]],
});

const scenario = (name: string, request: ProxyRequest, expect: Expectation, setUp: SetUp = full): RequestScenario => ({
  name: `hmac-auth: ${name}`,
  setUp,
  request,
  expect,
});

/** Signed when it is sent. */
const now = (
  name: string,
  request: (now: number) => ProxyRequest,
  expect: Expectation,
  setUp: SetUp = full,
): RequestScenario => ({
  name: `hmac-auth: ${name}`,
  setUp,
  get request() {
    return request(Date.now());
  },
  expect,
});

const choosing: readonly RequestScenario[] = [
  scenario("a rule's host, path and method match", post("/github/x?y", [github()]), {
    ...passes({ body, withoutHeaders: ["x-hub-signature-256", "x-hmac-consumer"] }),
    metrics: {
      hmac_auth_verified: 1,
      "hmac_auth.rule.github.verified": 1,
      "hmac_auth.key.github.2026-10.verified": 1,
      "hmac_auth.key.github.2026-04.verified": 0,
    },
  }),
  scenario("the older key counts apart", post("/github", [github(body, older)]), {
    ...passes({ body }),
    metrics: {
      "hmac_auth.key.github.2026-10.verified": 0,
      "hmac_auth.key.github.2026-04.verified": 1,
    },
  }),
  scenario(
    "a host matches in any case and with a port",
    post("/github", [github()], { authority: "A.Hooks.DEV:8080" }),
    passes(),
  ),
  scenario("another host has no rule", post("/github", [github()], { authority: "hooks.dev" }), debugged("no_rule")),
  scenario("another method has no rule", post("/github", [github()], { method: "PATCH" }), debugged("no_rule")),
  scenario("another path has no rule", post("/gitlab", [github()]), debugged("no_rule")),
  scenario("a handshake is let through", { method: "GET", path: "/handshake?challenge=1" }, allowed),
  scenario("a path is the whole path", { method: "GET", path: "/handshake/x" }, debugged("no_rule")),
  scenario(
    "a handshake by another method is no handshake",
    { method: "HEAD", path: "/handshake" },
    {
      ...refused("no_rule"),
      body: "",
    },
  ),
  scenario(
    "an identity of the client's own is removed where requests are let through",
    { method: "GET", path: "/handshake", headers: [["X-Hmac-Consumer", "admin"]] },
    allowed,
  ),
  scenario(
    "an identity of the client's own is removed from what is signed",
    post("/github", [github(), ["x-hmac-consumer", "admin"], ["x-hmac-consumer", "root"]]),
    passes({ body }),
  ),
  scenario("a refusal counts by rule", post("/github", [github("x")]), {
    ...debugged("signature_mismatch"),
    log: /hmac_auth:signature_mismatch rule github scheme github/,
    metrics: { "hmac_auth.rule.github.rejected": 1, hmac_auth_rejected: 1 },
  }),
  scenario("a rule's own limit holds", post("/small", [github("x".repeat(11))], { body: "x".repeat(11) }), {
    ...debugged("body_too_large", 413),
  }),
  scenario(
    "a rule's own limit holds for a body in pieces",
    post("/small", [github("x".repeat(11))], { body: ["x".repeat(6), "x".repeat(5)] }),
    debugged("body_too_large", 413),
  ),
  now(
    "a rule's own tolerance holds",
    (at) => {
      const t = Math.floor(at / 1000) - 3000;
      return post("/slow", [["stripe-signature", `t=${t},v1=${hex("sha256", `${t}.`, body)}`]]);
    },
    passes(),
  ),
];

const partner = (at: number, path: string, method = "POST", content = body): HeaderLine => [
  "x-sig",
  `t=${at},s=${createHmac("sha512", key).update(`${method}\n${path}\n${at}\n${content}`).digest("base64")}`,
];
const signed = (value: string): readonly HeaderLine[] => [["x-sig", value]];
const lines = (a: string, b: string, query: string, host = "hooks.example.com"): readonly HeaderLine[] => [
  ["x-a", a],
  ["x-b", b],
  ["x-sig", hex("sha384", `${a}|${host}|${query}|${body}|${b}`)],
];
const form = (content: string, pairs: string, type = "application/x-www-form-urlencoded"): ProxyRequest =>
  post("/form", [["content-type", type], ...signed(hex("sha256", pairs))], { body: content });

const spelledOut: readonly RequestScenario[] = [
  now("method and path are signed", (at) => post("/partner/a?b", [partner(at, "/partner/a")]), passes()),
  now(
    "another method is refused",
    (at) => post("/partner", [partner(at, "/partner", "PUT")]),
    debugged("signature_mismatch"),
  ),
  now(
    "another path is refused",
    (at) => post("/partner/b", [partner(at, "/partner/a")]),
    debugged("signature_mismatch"),
  ),
  now(
    "no body is signed as nothing",
    (at) => ({
      ...post("/partner", [partner(at, "/partner", "POST", "")]),
      body: "",
    }),
    passes(),
  ),
  now(
    "a tolerance of 60 s is one",
    (at) => post("/partner", [partner(at - 65_000, "/partner")]),
    debugged("timestamp_too_old"),
  ),
  scenario("headers, host and query are signed", post("/headers?x=1", lines("1", "2", "x=1")), passes()),
  scenario("another query is refused", post("/headers?x=2", lines("1", "2", "x=1")), debugged("signature_mismatch")),
  scenario(
    "another host is refused",
    post("/headers?x=1", lines("1", "2", "x=1"), { authority: "example.com" }),
    debugged("signature_mismatch"),
  ),
  scenario("a signed header may be empty", post("/headers", lines("", "", "")), passes()),
  scenario(
    "a signed header that is absent is refused",
    post("/headers", lines("1", "2", "").slice(1)),
    debugged("missing_component"),
  ),
  scenario(
    "a signed header with two lines is refused",
    post("/headers", [...lines("1", "2", ""), ["x-b", "2"]]),
    debugged("duplicate_header"),
  ),
  scenario(
    "a value with the literal behind it is refused, as bytes could move",
    post("/headers", lines("1|", "2", "")),
    debugged("malformed_signature"),
  ),
  scenario(
    "behind the body a value with the literal before it is refused",
    post("/headers", lines("1", "|2", "")),
    debugged("malformed_signature"),
  ),
  ...(["1", "1-2", "1.2", ".", "-"] as const).map((value) =>
    scenario(
      `behind the body a value has none of the literals beside it: ${value}`,
      post("/tail", [["x-a", value], ...signed(hex("sha256", `${body}.${value}-POST`))]),
      value === "1" ? passes() : debugged("malformed_signature"),
    ),
  ),
  scenario(
    "a URL is signed as the proxy sees it",
    { method: "GET", path: "/url?a=%41", headers: signed(hex("sha256", "GET http://example.com/url?a=%41")) },
    passes(),
  ),
  scenario(
    "x-forwarded headers are not read for it",
    {
      method: "GET",
      path: "/url",
      headers: [...signed(hex("sha256", "GET https://other.example/url")), ["x-forwarded-host", "other.example"]],
    },
    debugged("signature_mismatch"),
  ),
  scenario(
    "a body that nobody signed is refused",
    { ...post("/url", signed(hex("sha256", "POST http://hooks.example.com/url"))) },
    debugged("body_not_signed"),
  ),
  scenario(
    "a rule may let it through",
    post("/unsigned-body", signed(hex("sha256", "/unsigned-body"))),
    passes({ body }),
  ),
  scenario(
    "base64url without padding passes",
    post("/base64url", signed(`v=${createHmac("sha256", key).update(body).digest("base64url")}`)),
    passes(),
  ),
  scenario(
    "base64url with padding passes",
    post("/base64url", signed(`v=${createHmac("sha256", key).update(body).digest("base64url")}=`)),
    passes(),
  ),
  scenario(
    "an empty body passes where it is accepted",
    post("/base64url", signed(`v=${createHmac("sha256", key).digest("base64url")}`), { body: "" }),
    passes(),
  ),
  scenario(
    "only the characters that are named are decoded",
    post("/decode%2Fx?a%3a=%3F&b=%41", signed(hex("sha256", "https://a.example:8443/decode/x?a:=?&b=%41", body))),
    passes(),
  ),
  scenario("a form's pairs are signed", form("b=2&a=1", "a1b2"), passes()),
  scenario(
    "a form's parameters do not matter",
    form("b=2&a=1", "a1b2", "Application/x-www-form-urlencoded; charset=utf-8"),
    passes(),
  ),
  scenario(
    "a form is not what another type is",
    form("b=2&a=1", "a1b2", "application/x-www-form-urlencoded-not"),
    debugged("signature_mismatch"),
  ),
  scenario("a form that is no form is not signed", form("b=2&a=1", "", "text/plain"), debugged("body_not_signed")),
  scenario("a form with too many pairs is refused", form("a&".repeat(4097), ""), debugged("body_too_large", 413)),
  scenario("a form above 256 KiB is refused", form(`a=${"x".repeat(262_143)}`, ""), debugged("body_too_large", 413)),
];

const linear = (content: string): ProxyRequest =>
  post("/linear", [["linear-signature", hex("sha256", content)]], { body: content });
const timesInBodies: readonly RequestScenario[] = [
  now(
    "a time in the body is found behind escapes and blanks",
    (at) => linear(` { "a" : [1,{"b":"\\"}"}] , "webhook\\u0054imestamp" : ${at} } `),
    passes(),
  ),
  now(
    "a time in the body is looked for at the top only",
    (at) => linear(`{"data":{"webhookTimestamp":${at}}}`),
    debugged("missing_timestamp"),
  ),
  now(
    "a time twice in the body is refused",
    (at) => linear(`{"webhookTimestamp":${at},"webhookTimestamp":${at}}`),
    debugged("malformed_timestamp"),
  ),
  scenario("a body that is no JSON has no time", linear('{"webhookTimestamp":1'), debugged("malformed_timestamp")),
  scenario("a body that is an array has no time", linear("[1]"), debugged("missing_timestamp")),
  scenario("a body of deep arrays is no reason to fail", linear("[".repeat(100_000)), debugged("malformed_timestamp")),
  scenario("a time with an exponent is refused", linear('{"webhookTimestamp":1e12}'), debugged("malformed_timestamp")),
];

const replayed = (first: HeaderLine, second: HeaderLine, more: Partial<RequestScenario> = {}, content = body) => ({
  before: [post("/replay", [first], { body: content })],
  setUp: full,
  request: post("/replay", [second], { body: content }),
  ...more,
});
const replays: readonly RequestScenario[] = [
  {
    name: "hmac-auth: what was let through once is refused",
    ...replayed(github("once"), github("once"), {}, "once"),
    expect: debugged("replayed"),
  },
  {
    name: "hmac-auth: the same body by another key is the same",
    ...replayed(github("twice"), github("twice", older), {}, "twice"),
    expect: debugged("replayed"),
  },
  {
    name: "hmac-auth: what was refused is not remembered",
    ...replayed(github("x"), github("thrice"), {}, "thrice"),
    expect: passes(),
  },
];

const gentle: SetUp = {
  ...withConfiguration({
    default: "allow",
    identity_header: "",
    reject: { status: 400, realm: "partners", body: "no", content_type: "text/plain" },
    rules: [{ match: { path_prefix: "/github" }, scheme: "github", keys }],
  }),
  secrets: [key],
};
const report: SetUp = {
  ...withConfiguration({
    mode: "report",
    max_body_bytes: 100,
    body_timeout_ms: 200,
    rules: [{ scheme: "github", keys }],
  }),
  secrets: [key],
};
const realm: SetUp = {
  ...withConfiguration({
    hold: "body",
    hide_credentials: true,
    reject: { realm: "partners" },
    rules: [{ scheme: "github", keys }],
  }),
  secrets: [key],
};
const reported = (reason: string): Expectation => ({
  outcome: "forwarded",
  status: 200,
  upstream: { withoutHeaders: ["x-hmac-consumer"] },
  metrics: { hmac_auth_reported: 1, [`hmac_auth_reported_${reason}`]: 1, hmac_auth_rejected: 0, hmac_auth_verified: 0 },
});
const forged: HeaderLine = ["x-hmac-consumer", "admin"];

const ways: readonly RequestScenario[] = [
  scenario(
    "others are let through by default, and without an identity header none is removed",
    { method: "GET", path: "/other", headers: [forged] },
    { ...allowed, upstream: { headers: [forged] } },
    gentle,
  ),
  scenario(
    "a refusal has the status, body and type of the configuration",
    post("/github", []),
    {
      ...refused("missing_signature", 400),
      headers: [["content-type", "text/plain"]],
      withoutHeaders: ["www-authenticate", "x-hmac-auth-reason"],
      body: "no",
    },
    gentle,
  ),
  scenario(
    "report lets an unsigned request through, and counts it",
    post("/", [forged]),
    reported("missing_signature"),
    report,
  ),
  scenario(
    "report lets a forged body through",
    post("/", [github("x"), forged]),
    { ...reported("signature_mismatch") },
    report,
  ),
  scenario("report lets no body through", { method: "GET", headers: [github("")] }, reported("empty_body"), report),
  scenario(
    "report lets a large body through",
    post("/", [github()], { body: ["x".repeat(60), "x".repeat(60)] }),
    reported("body_too_large"),
    report,
  ),
  scenario("report counts what is verified", post("/", [github()]), passes({ body }), report),
  scenario(
    "report lets a slow body through",
    post("/", [github()], { body: [body.slice(0, 9), body.slice(9)], paceMs: 600 }),
    reported("body_timeout"),
    report,
  ),
  scenario(
    "hold: body hides the signature from upstream too",
    post("/", [github(), forged]),
    passes({ body, withoutHeaders: ["x-hub-signature-256", "x-hmac-consumer"] }),
    realm,
  ),
  scenario(
    "the realm is the configuration's",
    post("/", []),
    { ...refused("missing_signature"), headers: [["www-authenticate", 'HMAC realm="partners"']] },
    realm,
  ),
];

const upgrades: SetUp = {
  ...withConfiguration({
    rules: [
      { match: { path: "/signed" }, scheme: "square", keys },
      { scheme: template({ string_to_sign: "{method} {path}" }), keys },
    ],
  }),
  secrets: [key],
  upgrades: ["websocket"],
};
const upgrade = (path: string, ...parts: string[]): ProxyRequest => ({
  method: "GET",
  path,
  headers: [
    ["connection", "upgrade"],
    ["upgrade", "websocket"],
    ["x-sig", hex("sha256", ...parts)],
    ["x-square-hmacsha256-signature", createHmac("sha256", key).update(parts.join("")).digest("base64")],
  ],
});
const tunnels: readonly RequestScenario[] = [
  scenario(
    "an upgrade is judged by its headers where the scheme does not sign the body",
    upgrade("/", "GET /x"),
    refused("signature_mismatch"),
    upgrades,
  ),
  scenario(
    "an upgrade is refused where it does",
    upgrade("/signed", "http://example.com/signed"),
    refused("unsupported_upgrade"),
    upgrades,
  ),
];

export const hmacAuthRules: readonly RequestScenario[] = [
  ...choosing,
  ...spelledOut,
  ...timesInBodies,
  ...replays,
  ...ways,
  ...tunnels,
];
