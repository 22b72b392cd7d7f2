/** hmac-auth: the scheme of Kong; signatures are made here by node:crypto, one is published. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import {
  anonymous,
  date,
  digest,
  future,
  keys,
  mac,
  passes,
  past,
  refused as refusedBy,
  scenario as scenarioOf,
} from "./hmac-auth-canonical.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const refused = (reason: string) => refusedBy(reason, "hmac");
const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("kong", name, request, expect, before);

interface Signed {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly body?: string;
  readonly signs?: readonly string[];
  readonly headers?: readonly HeaderLine[];
  readonly user?: string;
  readonly key?: string;
  readonly algorithm?: string;
  readonly version?: string;
  readonly carrier?: string;
  /** Last changes to the value of the header. */
  readonly change?: (value: string) => string;
}

/** What a client of Kong sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/kong/usual", body, signs = ["date", "request-line"] } = options;
  const headers = options.headers ?? [["date", date()]];
  const { user = "k-alice", key = keys.alice, algorithm = "sha256", version = "HTTP/1.1", authority } = options;
  const lines = signs.map((name) => {
    if (name === "request-line") return `${method} ${path} ${version}`;
    if (name === "@request-target") return `${name}: ${method.toLowerCase()} ${path}`;
    if (name === "host") return `host: ${authority}`;
    return `${name}: ${headers.find(([each]) => each === name.toLowerCase())?.[1] ?? ""}`;
  });
  const signature = mac(lines.join("\n"), key, algorithm);
  const list = signs.join(" ");
  const value = `hmac username="${user}", algorithm="hmac-${algorithm}", headers="${list}", signature="${signature}"`;
  return {
    method,
    path,
    headers: [...headers, [options.carrier ?? "authorization", options.change?.(value) ?? value]],
    ...(authority !== undefined && { authority }),
    ...(body !== undefined && { body }),
  };
};

const body = '{"amount":7}';
const withDigest: readonly HeaderLine[] = [
  ["date", date()],
  ["digest", `SHA-256=${digest(body)}`],
];
const signsDigest = ["date", "@request-target", "digest"];
const post = (options: Signed = {}): ProxyRequest =>
  signed({ method: "POST", body, signs: signsDigest, headers: withDigest, ...options });

const right: readonly RequestScenario[] = [
  scenario("a signed date and request line pass", signed(), passes("alice")),
  scenario("a query is signed as it is", signed({ path: "/kong/usual?b=%41&a=1&a" }), passes("alice")),
  scenario("the request target may be signed", signed({ signs: ["@request-target", "date"] }), passes("alice")),
  scenario("names are signed as the client writes them", signed({ signs: ["request-line", "Date"] }), passes("alice")),
  scenario("the older key of a consumer is tried too", signed({ key: keys.aliceOld }), passes("alice")),
  scenario("a key may be written in hex", signed({ user: "k-bob", key: keys.bob }), passes("bob")),
  scenario("sha512 may be used", signed({ algorithm: "sha512" }), passes("alice")),
  scenario("sha384 may be used", signed({ algorithm: "sha384" }), passes("alice")),
  scenario(
    "a consumer signs with its own algorithm",
    signed({ user: "k-carol", key: keys.carol, algorithm: "sha512" }),
    passes("carol"),
  ),
  scenario("sha1 passes where it is named", signed({ path: "/kong/sha1", algorithm: "sha1" }), passes("alice")),
  scenario(
    "Proxy-Authorization may carry it",
    signed({
      carrier: "proxy-authorization",
      headers: [
        ["date", date()],
        ["authorization", "Bearer abc"],
      ],
    }),
    passes("alice", { headers: [["authorization", "Bearer abc"]] }),
  ),
  scenario(
    "a signed x-date stands for the date",
    signed({
      signs: ["x-date", "request-line"],
      headers: [
        ["x-date", date()],
        ["date", past],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "an x-date that is not signed is not looked at",
    signed({
      headers: [
        ["date", date()],
        ["x-date", past],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "the host may be signed",
    signed({ signs: ["date", "request-line", "host"], authority: "api.example.com" }),
    passes("alice"),
  ),
  scenario(
    "the name of the scheme is matched in any case",
    signed({ change: (value) => value.replace("hmac", "HMAC") }),
    passes("alice"),
  ),
  scenario("a body with its digest passes", post(), passes("alice", { body })),
  scenario(
    "a digest of sha512 is taken",
    post({
      headers: [
        ["date", date()],
        ["digest", `SHA-512=${digest(body, "sha512")}`],
      ],
    }),
    passes("alice", { body }),
  ),
  scenario(
    "an unknown digest beside it is passed over",
    post({
      headers: [
        ["date", date()],
        ["digest", `MD5=abc,sha-256=${digest(body)}`],
      ],
    }),
    passes("alice", { body }),
  ),
  scenario(
    "a body passes as it is where it is not validated",
    signed({ path: "/kong/open", method: "POST", body }),
    passes("alice", { body }),
  ),
  scenario(
    "components that the rule asks for are signed",
    signed({
      path: "/kong/own",
      signs: ["date", "request-line", "x-tenant"],
      headers: [
        ["date", date()],
        ["x-tenant", "t1"],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "who sent no credentials is anonymous",
    { path: "/kong/anonymous", headers: [["x-hmac-consumer", "alice"]] },
    anonymous,
  ),
  scenario(
    "a forged identity is replaced",
    signed({
      headers: [
        ["date", date()],
        ["x-hmac-consumer", "root"],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "credentials are hidden where the rule says so",
    signed({ path: "/kong/hide" }),
    passes("alice", { withoutHeaders: ["authorization"] }),
  ),
  scenario("an allowed consumer passes", signed({ path: "/kong/allow" }), passes("alice")),
];

const wrong: readonly RequestScenario[] = [
  scenario("no credentials", { path: "/kong/usual" }, refused("missing_signature")),
  scenario(
    "another scheme",
    { path: "/kong/usual", headers: [["authorization", "Basic YTpi"]] },
    refused("malformed_signature"),
  ),
  scenario(
    "garbage instead of parameters",
    { path: "/kong/usual", headers: [["authorization", "hmac garbage"]] },
    refused("malformed_signature"),
  ),
  scenario(
    "a parameter that comes twice",
    signed({ change: (value) => `${value}, username="k-bob"` }),
    refused("malformed_signature"),
  ),
  scenario(
    "no list of headers",
    signed({ change: (value) => value.replace(/headers="[^"]*", /, "") }),
    refused("malformed_signature"),
  ),
  scenario(
    "no signature",
    signed({ change: (value) => value.replace(/, signature=.*/, "") }),
    refused("missing_signature"),
  ),
  scenario(
    "a signature that is no base64",
    signed({ change: (value) => value.replace(/signature="./, 'signature="*') }),
    refused("malformed_signature"),
  ),
  scenario(
    "a cut signature",
    signed({ change: (value) => value.replace(/signature=".{20}/, 'signature="') }),
    refused("malformed_signature"),
  ),
  scenario(
    "two lines",
    { ...signed(), headers: [...(signed().headers ?? []), ["authorization", "hmac x"]] },
    refused("duplicate_header"),
  ),
  scenario("an unknown user", signed({ user: "k-eve" }), refused("unknown_key")),
  scenario("another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario(
    "another path",
    { ...signed({ path: "/kong/usual?a" }), path: "/kong/usual?b" },
    refused("signature_mismatch"),
  ),
  scenario("another method", { ...signed(), method: "DELETE" }, refused("signature_mismatch")),
  scenario("another version of HTTP", signed({ version: "HTTP/1.0" }), refused("signature_mismatch")),
  scenario("sha1 where it is not named", signed({ algorithm: "sha1" }), refused("algorithm_not_allowed")),
  scenario(
    "an algorithm that is not the consumer's",
    signed({ user: "k-carol", key: keys.carol }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "an algorithm that nobody knows",
    signed({ change: (value) => value.replace("hmac-sha256", "none") }),
    refused("algorithm_not_allowed"),
  ),
  scenario("the target is not signed", signed({ signs: ["date"] }), refused("insufficient_coverage")),
  scenario("no date is signed", signed({ signs: ["request-line"] }), refused("insufficient_coverage")),
  scenario(
    "a component that the rule asks for is not signed",
    signed({ path: "/kong/own" }),
    refused("insufficient_coverage"),
  ),
  scenario(
    "a signed header that is absent",
    signed({ signs: ["date", "request-line", "x-absent"] }),
    refused("missing_component"),
  ),
  scenario(
    "a derived name that is a header",
    signed({ signs: ["date", "request-line", "@foo"], headers: [["date", date()]] }),
    refused("missing_component"),
  ),
  scenario(
    "a signed header of several lines",
    signed({
      signs: ["date", "request-line", "x-a"],
      headers: [
        ["date", date()],
        ["x-a", "1"],
        ["x-a", "1"],
      ],
    }),
    refused("duplicate_header"),
  ),
  scenario(
    "more than 32 components",
    signed({ signs: ["request-line", ...Array.from({ length: 32 }, () => "date")] }),
    refused("malformed_signature"),
  ),
  scenario(
    "a header over 8 KiB",
    signed({ change: (value) => `${value}, x="${"y".repeat(8192)}"` }),
    refused("malformed_signature"),
  ),
  scenario("an old date", signed({ headers: [["date", past]] }), refused("timestamp_too_old")),
  scenario("a date in the future", signed({ headers: [["date", future]] }), refused("timestamp_in_future")),
  scenario(
    "a signed old date behind a fresh x-date that is not signed",
    signed({
      headers: [
        ["date", past],
        ["x-date", date()],
      ],
    }),
    refused("timestamp_too_old"),
  ),
  scenario(
    "a date of another form",
    signed({ headers: [["date", new Date().toISOString()]] }),
    refused("malformed_timestamp"),
  ),
  scenario("a body without digest", signed({ method: "POST", body }), refused("digest_missing")),
  scenario("a digest that is not signed", post({ signs: ["date", "request-line"] }), refused("insufficient_coverage")),
  scenario("another body", { ...post(), body: '{"amount":8}' }, refused("digest_mismatch")),
  scenario(
    "one of two digests is wrong",
    post({
      headers: [
        ["date", date()],
        ["digest", `SHA-256=${digest(body)},SHA-512=${digest("", "sha512")}`],
      ],
    }),
    refused("digest_mismatch"),
  ),
  scenario(
    "a digest that nobody knows",
    post({
      headers: [
        ["date", date()],
        ["digest", "MD5=abc"],
      ],
    }),
    refused("digest_missing"),
  ),
  scenario("a body over the limit", post({ path: "/kong/small", body: "x".repeat(1001) }), refused("body_too_large")),
  scenario(
    "wrong credentials are not anonymous",
    signed({ path: "/kong/anonymous", key: keys.bob }),
    refused("signature_mismatch"),
  ),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/kong/allow", user: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario("the same request again", signed({ path: "/kong/replay" }), refused("replayed"), [
    signed({ path: "/kong/replay" }),
  ]),
];

const published: RequestScenario = {
  // developer.konghq.com/plugins/hmac-auth.
  name: "hmac-auth: kong: the published example passes",
  setUp: withConfiguration({
    rules: [
      {
        scheme: "kong",
        tolerance_seconds: 999_999_999_999,
        consumers: [{ name: "alice", key_id: "alice123", keys: [{ value: "secret" }] }],
      },
    ],
  }),
  request: {
    path: "/requests",
    headers: [
      ["date", "Thu, 22 Jun 2017 17:15:21 GMT"],
      [
        "authorization",
        'hmac username="alice123", algorithm="hmac-sha256", headers="date request-line", signature="ujWCGHeec9Xd6UD2zlyxiNMCiXnDOWeVFMu5VeRUxtw="',
      ],
    ],
  },
  expect: passes("alice"),
};

export const hmacAuthKong: readonly RequestScenario[] = [...right, ...wrong, published];
