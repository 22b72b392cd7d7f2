/** hmac-auth: the scheme of Higress; signatures are made here by node:crypto, two are published. */
import { createHash } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import {
  anonymous,
  date,
  keys,
  mac,
  now,
  passes,
  past,
  refused as refusedBy,
  scenario as scenarioOf,
} from "./hmac-auth-canonical.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const refused = (reason: string) => refusedBy(reason, "HMAC");
const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("higress", name, request, expect, before);

interface Signed {
  readonly method?: string;
  readonly path?: string;
  /** The path and the parameters as they are signed, where they are not what is sent. */
  readonly target?: string;
  readonly body?: string | undefined;
  readonly signs?: readonly string[];
  readonly headers?: readonly HeaderLine[];
  readonly keyId?: string;
  readonly key?: string;
  readonly hash?: string;
  readonly signature?: (right: string) => string;
}

/** What a client of Higress sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/higress/usual", body, signs = ["x-ca-timestamp", "x-ca-key"] } = options;
  const { keyId = "k-alice", key = keys.alice } = options;
  const headers: HeaderLine[] = [...(options.headers ?? [["x-ca-timestamp", String(now)]]), ["x-ca-key", keyId]];
  const contentOf = (name: string): string => headers.find(([each]) => each === name)?.[1] ?? "";
  const text = [
    method,
    ...["accept", "content-md5", "content-type", "date"].map(contentOf),
    ...[...signs].sort().map((name) => `${name}:${contentOf(name)}`),
    options.target ?? path,
  ].join("\n");
  const signature = mac(text, key, options.hash);
  return {
    method,
    path,
    headers: [
      ...headers,
      ["x-ca-signature", options.signature?.(signature) ?? signature],
      ...(signs.length === 0 ? [] : [["x-ca-signature-headers", signs.join(",")] as const]),
    ],
    ...(body !== undefined && { body }),
  };
};

const time: HeaderLine = ["x-ca-timestamp", String(now)];
const form: HeaderLine = ["content-type", "application/x-www-form-urlencoded; charset=utf-8"];
const md5 = (text: string): HeaderLine => ["content-md5", createHash("md5").update(text).digest("base64")];
const body = '{"amount":7}';
const post = (options: Signed = {}): ProxyRequest =>
  signed({ method: "POST", body, headers: [time, md5(body), ["content-type", "application/json"]], ...options });
const withHeader = (request: ProxyRequest, name: string, change: (value: string) => string): ProxyRequest => ({
  ...request,
  headers: (request.headers ?? []).map(([each, value]) => [each, each === name ? change(value) : value]),
});
const pairs = "name=b%20c&amount=7";
const postForm = (options: Signed = {}): ProxyRequest =>
  signed({
    method: "POST",
    path: "/higress/usual?z=1",
    target: "/higress/usual?amount=7&name=b c&z=1",
    body: pairs,
    headers: [time, form],
    ...options,
  });

const right: readonly RequestScenario[] = [
  scenario("the lines and the path pass", signed(), passes("alice")),
  scenario(
    "accept, type and date are signed too",
    signed({ headers: [time, ["accept", "application/json"], ["content-type", "text/plain"], ["date", date()]] }),
    passes("alice"),
  ),
  scenario(
    "parameters are signed decoded and sorted",
    signed({ path: "/higress/usual?b=%41+%20&a=1", target: "/higress/usual?a=1&b=A+ " }),
    passes("alice"),
  ),
  scenario(
    "an empty parameter may be signed with =",
    signed({ path: "/higress/usual?a&b=1", target: "/higress/usual?a=&b=1" }),
    passes("alice"),
  ),
  scenario(
    "an empty parameter may be signed without =",
    signed({ path: "/higress/usual?a=&b=1", target: "/higress/usual?a&b=1" }),
    passes("alice"),
  ),
  scenario("a date alone may be the time", signed({ signs: [], headers: [["date", date()]] }), passes("alice")),
  scenario(
    "a date of Alibaba's clients is taken",
    signed({ signs: [], headers: [["date", `${date()}+00:00`]] }),
    passes("alice"),
  ),
  scenario(
    "the method of the signature may be named",
    signed({ headers: [time, ["x-ca-signature-method", "HmacSHA256"]] }),
    passes("alice"),
  ),
  scenario(
    "sha1 passes where it is named",
    signed({ path: "/higress/sha1", hash: "sha1", headers: [time, ["x-ca-signature-method", "HmacSHA1"]] }),
    passes("alice"),
  ),
  scenario(
    "a list of headers may have blanks",
    withHeader(signed(), "x-ca-signature-headers", (list) => list.replace(",", " , ")),
    passes("alice"),
  ),
  scenario("the older key is tried too", signed({ key: keys.aliceOld }), passes("alice")),
  scenario("a body with its Content-MD5 passes", post(), passes("alice", { body })),
  scenario("parameters of a form are signed with those of the query", postForm(), passes("alice", { body: pairs })),
  scenario(
    "a form without a body passes",
    postForm({ body: undefined, target: "/higress/usual?z=1" }),
    passes("alice"),
  ),
  scenario(
    "a body passes as it is where it is not validated",
    signed({ path: "/higress/open", method: "POST", body }),
    passes("alice", { body }),
  ),
  scenario(
    "headers that the rule asks for are signed",
    signed({
      path: "/higress/own",
      signs: ["x-tenant"],
      headers: [
        ["date", date()],
        ["x-tenant", "t1"],
      ],
    }),
    passes("alice"),
  ),
  scenario("who sent no credentials is anonymous", { path: "/higress/anonymous" }, anonymous),
  scenario(
    "credentials are hidden where the rule says so",
    signed({ path: "/higress/hide" }),
    passes("alice", { withoutHeaders: ["x-ca-key", "x-ca-signature", "x-ca-signature-headers"] }),
  ),
];

const wrong: readonly RequestScenario[] = [
  scenario(
    "no signature",
    { path: "/higress/usual", headers: [["x-ca-key", "k-alice"]] },
    refused("missing_signature"),
  ),
  scenario("no key", { path: "/higress/usual", headers: [["x-ca-signature", mac("", "x")]] }, refused("unknown_key")),
  scenario("an unknown key", signed({ keyId: "k-eve" }), refused("unknown_key")),
  scenario("another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario(
    "two signatures",
    { ...signed(), headers: [...(signed().headers ?? []), ["x-ca-signature", "x"]] },
    refused("duplicate_header"),
  ),
  scenario(
    "a signature that is no base64",
    signed({ signature: (text) => `*${text.slice(1)}` }),
    refused("malformed_signature"),
  ),
  scenario("a cut signature", signed({ signature: (text) => text.slice(4) }), refused("malformed_signature")),
  scenario(
    "more than 32 headers",
    signed({ signs: Array.from({ length: 33 }, () => "x-ca-key") }),
    refused("malformed_signature"),
  ),
  scenario("another path", { ...signed(), path: "/higress/usual?a=1" }, refused("signature_mismatch")),
  scenario("another method", { ...signed(), method: "PUT" }, refused("signature_mismatch")),
  scenario(
    "an unknown method of the signature",
    signed({ headers: [time, ["x-ca-signature-method", "HmacMD5"]] }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "sha1 where it is not named",
    signed({ hash: "sha1", headers: [time, ["x-ca-signature-method", "HmacSHA1"]] }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "a listed header that is absent",
    signed({ signs: ["x-ca-timestamp", "x-absent"] }),
    refused("missing_component"),
  ),
  scenario(
    "a listed header of several lines",
    signed({ signs: ["x-ca-timestamp", "x-a"], headers: [time, ["x-a", "1"], ["x-a", "2"]] }),
    refused("duplicate_header"),
  ),
  scenario(
    "a header that the rule asks for is not signed",
    signed({ path: "/higress/own", headers: [time, ["date", date()]] }),
    refused("insufficient_coverage"),
  ),
  scenario("no time", signed({ signs: [], headers: [] }), refused("missing_timestamp")),
  scenario("a time that is not signed", signed({ signs: ["x-ca-key"] }), refused("insufficient_coverage")),
  scenario(
    "an old time",
    signed({ headers: [["x-ca-timestamp", String(now - 2 * 86_400_000)]] }),
    refused("timestamp_too_old"),
  ),
  scenario(
    "a time in the future",
    signed({ headers: [["x-ca-timestamp", String(now + 2 * 86_400_000)]] }),
    refused("timestamp_in_future"),
  ),
  scenario("an old date", signed({ signs: [], headers: [["date", past]] }), refused("timestamp_too_old")),
  scenario(
    "a time that is no number",
    signed({ headers: [["x-ca-timestamp", "now"]] }),
    refused("malformed_timestamp"),
  ),
  scenario(
    "a name twice, of which the first is signed",
    signed({ path: "/higress/usual?a=1&a=2", target: "/higress/usual?a=1" }),
    refused("insufficient_coverage"),
  ),
  scenario(
    "a parameter that hides another one",
    signed({ path: "/higress/usual?a=1%26b=2", target: "/higress/usual?a=1&b=2" }),
    refused("malformed_signature"),
  ),
  scenario("a body without Content-MD5", signed({ method: "POST", body }), refused("digest_missing")),
  scenario("another body", { ...post(), body: '{"amount":8}' }, refused("digest_mismatch")),
  scenario("a Content-MD5 that is none", post({ headers: [time, ["content-md5", "x"]] }), refused("digest_mismatch")),
  scenario(
    "a form over 256 KiB, unless the limit is set",
    postForm({ body: `a=${"x".repeat(262_144)}` }),
    refused("body_too_large"),
  ),
  scenario("another form", { ...postForm(), body: "name=b%20c&amount=8" }, refused("signature_mismatch")),
  scenario(
    "a form with one more of a name",
    { ...postForm(), body: `${pairs}&amount=8` },
    refused("insufficient_coverage"),
  ),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/higress/allow", keyId: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario("the same request again", signed({ path: "/higress/replay" }), refused("replayed"), [
    signed({ path: "/higress/replay" }),
  ]),
];

/** plugins/wasm-cpp/extensions/hmac_auth/plugin_test.cc: no tolerance, so that their time does not matter. */
const published = withConfiguration({
  rules: [{ scheme: "higress", consumers: [{ name: "consumer", key_id: "appKey", keys: [{ value: "appSecret" }] }] }],
});

const examples: readonly RequestScenario[] = [
  {
    name: "hmac-auth: higress: the published example passes",
    setUp: published,
    request: {
      path: "/Third/Tools/checkSign",
      headers: [
        ["accept", "application/json"],
        ["content-type", "application/json"],
        ["x-ca-timestamp", "1646365291734"],
        ["x-ca-nonce", "787dd0c2-7bd8-41cd-9c19-62c05ea524a2"],
        ["x-ca-key", "appKey"],
        ["x-ca-signature-headers", "x-ca-key,x-ca-nonce,x-ca-timestamp"],
        ["x-ca-signature", "EdJSFAMOWyXZOpXhevZnjuS0ZafnwnCqaSk5hz+tXo8="],
      ],
    },
    expect: passes("consumer"),
  },
  {
    name: "hmac-auth: higress: the published example of a form passes",
    setUp: published,
    request: {
      method: "POST",
      path: "/Third/User/getNyAccessToken",
      headers: [
        ["accept", "application/json"],
        ["content-type", "application/x-www-form-urlencoded"],
        ["x-ca-timestamp", "1646646682418"],
        ["x-ca-nonce", "ca5a6753-b76c-4fff-a9d9-e5bb643e8cdf"],
        ["x-ca-key", "appKey"],
        ["x-ca-signature-headers", "x-ca-key,x-ca-nonce,x-ca-timestamp"],
        ["x-ca-signature", "gmf9xq0hc95Hmt+7G+OocS009ka3v1v0rvfshKzYc3w="],
      ],
      body: "nickname=nickname&room_id=6893&uuid=uuid&photo=photo",
    },
    expect: passes("consumer"),
  },
];

export const hmacAuthHigress: readonly RequestScenario[] = [...right, ...wrong, ...examples];
