/** hmac-auth: HTTP Message Signatures (RFC 9421); signatures are made here by node:crypto, one is the RFC's. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import {
  anonymous,
  configuration,
  digest,
  keys,
  mac,
  now,
  passes,
  refused as refusedBy,
  scenario as scenarioOf,
} from "./hmac-auth-canonical.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("rfc9421", name, request, expect, before);

const refused = (reason: string) => refusedBy(reason);

const usual = ["@method", "@authority", "@path", "@query"];
const seconds = Math.floor(now / 1000);
const day = 86_400;

interface Signature {
  readonly label?: string;
  /** Names, or whole identifiers such as `"@query-param";name="a"`. */
  readonly signs?: readonly string[];
  readonly keyId?: string;
  readonly key?: string;
  readonly hash?: string;
  readonly created?: number | string | null;
  /** Parameters behind the others, as they are serialised. */
  readonly params?: string;
  /** What is signed of a component, where it is not what the request has. */
  readonly values?: Readonly<Record<string, string>>;
  /** The inner list as it is sent, where it is not as it is serialised. */
  readonly sent?: (list: string) => string;
}

interface Signed extends Signature {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly body?: string;
  readonly headers?: readonly HeaderLine[];
  readonly others?: readonly Signature[];
  /** Last changes to the lines. */
  readonly change?: (line: HeaderLine) => HeaderLine[];
}

const identifier = (name: string): string => (name.startsWith('"') ? name : `"${name}"`);

/** What a client sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/rfc9421/usual", authority = "api.example.com", body, headers = [] } = options;
  const contentOf = (name: string, values: Signature["values"]): string => {
    const query = path.includes("?") ? path.slice(path.indexOf("?")) : "?";
    const known: Record<string, string> = {
      "@method": method,
      "@authority": authority,
      "@path": path.replace(/\?.*/, ""),
      "@query": query,
      "@scheme": "http",
      "@target-uri": `http://${authority}${path}`,
      "@request-target": path,
      ...values,
    };
    const lines = headers.filter(([each]) => each === name).map(([, value]) => value.trim());
    return known[name] ?? lines.join(", ");
  };
  const sign = (one: Signature, index: number): [string, string] => {
    const { label = `sig${index}`, signs = usual, keyId = "k-alice", key = keys.alice, created = seconds } = one;
    const time = created === null ? "" : `;created=${created}`;
    const list = `(${signs.map(identifier).join(" ")})${time};keyid="${keyId}"${one.params ?? ""}`;
    const base = [
      ...signs.map((name) => `${identifier(name)}: ${contentOf(name, one.values)}`),
      `"@signature-params": ${list}`,
    ].join("\n");
    return [`${label}=${one.sent?.(list) ?? list}`, `${label}=:${mac(base, key, one.hash)}:`];
  };
  const signatures = [options, ...(options.others ?? [])].map(sign);
  const lines: HeaderLine[] = [
    ["signature-input", signatures.map(([input]) => input).join(", ")],
    ["signature", signatures.map(([, value]) => value).join(", ")],
  ];
  return {
    method,
    path,
    authority,
    headers: [...headers, ...lines.flatMap((line) => options.change?.(line) ?? [line])],
    ...(body !== undefined && { body }),
  };
};

/** Changes the value of one of the two headers. */
const changing =
  (name: "signature" | "signature-input", change: (value: string) => string) =>
  ([each, value]: HeaderLine): HeaderLine[] => [[each, each === name ? change(value) : value]];

const body = '{"amount":7}';
const withDigest = (value: string): readonly HeaderLine[] => [["content-digest", value]];
/** The default port is none. */
const behindTls: SetUp = {
  ...withConfiguration({ ...configuration, public_base_url: "https://API.example.org:443" }),
  secrets: Object.values(keys),
};

const right = `sha-256=:${digest(body)}:`;
const post = (options: Signed = {}): ProxyRequest =>
  signed({ method: "POST", body, signs: [...usual, "content-digest"], headers: withDigest(right), ...options });
const query = (name: string): string => `"@query-param";name="${name}"`;

const accepted: readonly RequestScenario[] = [
  scenario("method, authority, path and query pass", signed(), passes("alice")),
  scenario("a query is signed as it is", signed({ path: "/rfc9421/usual?b=%41&a=1" }), passes("alice")),
  scenario("any label will do", signed({ label: "*a-b.c_9" }), passes("alice")),
  scenario("the older key is tried too", signed({ key: keys.aliceOld }), passes("alice")),
  scenario("alg may be named", signed({ params: ';alg="hmac-sha256"' }), passes("alice")),
  scenario(
    "a consumer's own algorithm is taken",
    signed({ keyId: "k-carol", key: keys.carol, hash: "sha512" }),
    passes("carol"),
  ),
  scenario(
    "nonce, tag and others are signed too",
    signed({ params: ';nonce="n\\"1";tag="app";x=1.5;y' }),
    passes("alice"),
  ),
  scenario("an expiry that has not come passes", signed({ params: `;expires=${seconds + 2 * day}` }), passes("alice")),
  scenario(
    "the list is signed as it is serialised, not as it is sent",
    signed({
      params: ";x=1.5;y",
      sent: (list) =>
        list
          .replace("(", "(  ")
          .replace(" ", "   ")
          .replace(")", "  )")
          .replace("1.5", "01.500")
          .replace(";y", "; y=?1"),
    }),
    passes("alice"),
  ),
  scenario(
    "authority is signed in lower case, without the usual port",
    signed({ authority: "API.Example.com:80", values: { "@authority": "api.example.com" } }),
    passes("alice"),
  ),
  scenario("another port is signed", signed({ authority: "api.example.com:8080" }), passes("alice")),
  scenario(
    "every other part of the target may be signed",
    signed({ path: "/rfc9421/usual?a=1", signs: [...usual, "@scheme", "@target-uri", "@request-target"] }),
    passes("alice"),
  ),
  scenario(
    "parameters of the query are signed decoded and encoded again",
    signed({
      path: "/rfc9421/usual?a=x+y%2d%7E&b&%66a%C3%A7ade=1&c=2",
      signs: [...usual, query("a"), query("b"), query("fa%C3%A7ade")],
      values: { [query("a")]: "x%20y-%7E", [query("b")]: "", [query("fa%C3%A7ade")]: "1" },
    }),
    passes("alice"),
  ),
  scenario(
    "lines of a header are joined",
    signed({
      signs: [...usual, "x-a"],
      headers: [
        ["x-a", "1"],
        ["x-b", "0"],
        ["x-a", "2"],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "a signature by a key that nobody has is passed over",
    signed({ keyId: "k-eve", others: [{}] }),
    passes("alice"),
  ),
  scenario(
    "one that is wrong is passed over when another is right",
    signed({ key: keys.bob, others: [{ keyId: "k-bob", key: keys.bob }] }),
    passes("bob"),
  ),
  scenario("a body with its digest passes", post(), passes("alice", { body })),
  scenario(
    "every known digest must be right, others are passed over",
    post({ headers: withDigest(`md5=:AAAA:, sha-512=:${digest(body, "sha512")}:;a=1, ${right}`) }),
    passes("alice", { body }),
  ),
  scenario(
    "a body passes as it is where it is not validated",
    signed({ path: "/rfc9421/open", method: "POST", body }),
    passes("alice", { body }),
  ),
  scenario(
    "components that the rule asks for are signed",
    signed({ path: "/rfc9421/own?a", signs: ["x-tenant", "@method", "@target-uri"], headers: [["x-tenant", "t1"]] }),
    passes("alice"),
  ),
  {
    ...scenario(
      "behind TLS termination clients sign the public scheme and authority",
      signed({
        signs: [...usual, "@scheme", "@target-uri"],
        values: {
          "@authority": "api.example.org",
          "@scheme": "https",
          "@target-uri": "https://api.example.org/rfc9421/usual",
        },
      }),
      passes("alice"),
    ),
    setUp: behindTls,
  },
  scenario("who sent no credentials is anonymous", { path: "/rfc9421/anonymous" }, anonymous),
  scenario(
    "credentials are hidden where the rule says so",
    signed({ path: "/rfc9421/hide" }),
    passes("alice", { withoutHeaders: ["signature", "signature-input"] }),
  ),
];

const wrong: readonly RequestScenario[] = [
  {
    ...scenario("the authority of the request where another one is public", signed(), refused("signature_mismatch")),
    setUp: behindTls,
  },
  scenario(
    "no signature",
    { path: "/rfc9421/usual" },
    {
      ...refused("missing_signature"),
      headers: [
        ["www-authenticate", 'Signature realm="hmac"'],
        ["accept-signature", 'sig=("@method" "@authority" "@path" "@query");created'],
      ],
    },
  ),
  scenario(
    "no Signature-Input",
    signed({ change: (line) => (line[0] === "signature" ? [line] : []) }),
    refused("missing_signature"),
  ),
  scenario(
    "two lines of Signature",
    signed({ change: (line) => (line[0] === "signature" ? [line, line] : [line]) }),
    refused("duplicate_header"),
  ),
  scenario(
    "a label in one of the two only",
    signed({ change: changing("signature", (value) => value.replace("sig0", "sig1")) }),
    refused("malformed_signature"),
  ),
  scenario("a label twice", signed({ label: "a", others: [{ label: "a" }] }), refused("malformed_signature")),
  scenario("no inner list", signed({ sent: () => '"@method"' }), refused("malformed_signature")),
  scenario(
    "a component that is no string",
    signed({ sent: (list) => list.replace('"@method"', "method") }),
    refused("malformed_signature"),
  ),
  scenario("a list that is not closed", signed({ sent: () => '("@method"' }), refused("malformed_signature")),
  scenario(
    "components without a blank between",
    signed({ sent: (list) => list.replace('" "', '""') }),
    refused("malformed_signature"),
  ),
  scenario(
    "a comma at the end",
    signed({ change: changing("signature-input", (value) => `${value},`) }),
    refused("malformed_signature"),
  ),
  scenario("a component twice", signed({ signs: [...usual, "@method"] }), refused("malformed_signature")),
  scenario("an unknown derived component", signed({ signs: [...usual, "@foo"] }), refused("malformed_signature")),
  scenario("a component of responses", signed({ signs: [...usual, "@status"] }), refused("malformed_signature")),
  scenario(
    "a name in capitals",
    signed({ signs: [...usual, "X-A"], headers: [["x-a", "1"]] }),
    refused("malformed_signature"),
  ),
  ...["sf", "bs", 'key="a"', "req", "tr"].map((parameter) =>
    scenario(
      `the parameter ${parameter}`,
      signed({ signs: [...usual, `"x-a";${parameter}`], headers: [["x-a", "a=1"]] }),
      refused("malformed_signature"),
    ),
  ),
  scenario(
    "@query-param without name",
    signed({ path: "/rfc9421/usual?a=1", signs: [...usual, "@query-param"] }),
    refused("malformed_signature"),
  ),
  scenario(
    "a parameter that the query has twice",
    signed({ path: "/rfc9421/usual?a=1&a=2", signs: [...usual, query("a")], values: { [query("a")]: "1" } }),
    refused("malformed_signature"),
  ),
  scenario(
    "a parameter that the query has not",
    signed({ signs: [...usual, query("a")] }),
    refused("missing_component"),
  ),
  scenario("a header that is absent", signed({ signs: [...usual, "x-absent"] }), refused("missing_component")),
  ...usual.map((name) =>
    scenario(
      `${name} is not signed`,
      signed({ signs: usual.filter((each) => each !== name) }),
      refused("insufficient_coverage"),
    ),
  ),
  scenario(
    "more than 32 components",
    signed({
      signs: [...usual, ...Array.from({ length: 29 }, (_, i) => `x-${i}`)],
      headers: Array.from({ length: 29 }, (_, i) => [`x-${i}`, "1"] as const),
    }),
    refused("malformed_signature"),
  ),
  scenario(
    "more than 16 signatures",
    signed({ others: Array.from({ length: 16 }, () => ({ keyId: "k-eve" })) }),
    refused("too_many_signatures"),
  ),
  scenario("a header over 8 KiB", signed({ params: `;tag="${"x".repeat(8192)}"` }), refused("malformed_signature")),
  scenario("no time", signed({ created: null }), refused("missing_timestamp")),
  scenario("a time that is no whole number", signed({ created: `${seconds}.5` }), refused("malformed_timestamp")),
  scenario("a time that is text", signed({ created: `"${seconds}"` }), refused("malformed_timestamp")),
  scenario("an old signature", signed({ created: seconds - 2 * day }), refused("timestamp_too_old")),
  scenario("a signature of the future", signed({ created: seconds + 2 * day }), refused("timestamp_in_future")),
  scenario("one that has expired", signed({ params: `;expires=${seconds - 1}` }), refused("timestamp_too_old")),
  scenario("another alg", signed({ params: ';alg="hmac-sha512"', hash: "sha512" }), refused("algorithm_not_allowed")),
  scenario(
    "an alg of keys that are public",
    signed({ params: ';alg="rsa-pss-sha512"' }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "an alg that is not the consumer's",
    signed({ keyId: "k-carol", key: keys.carol, params: ';alg="hmac-sha256"' }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "a MAC that is cut",
    signed({ change: changing("signature", () => "sig0=:AAAA:") }),
    refused("malformed_signature"),
  ),
  scenario(
    "a MAC without padding",
    signed({
      change: changing("signature", (value) => value.replace("=:", "=#").replace("=:", ":").replace("#", ":")),
    }),
    refused("malformed_signature"),
  ),
  scenario("a key that nobody has", signed({ keyId: "k-eve" }), refused("unknown_key")),
  scenario("another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario("another method", { ...signed(), method: "PUT" }, refused("signature_mismatch")),
  scenario("another authority", { ...signed(), authority: "other.example.com" }, refused("signature_mismatch")),
  scenario("another query", { ...signed(), path: "/rfc9421/usual?a" }, refused("signature_mismatch")),
  scenario("a body whose digest is not signed", post({ signs: usual }), refused("insufficient_coverage")),
  scenario("a body without digest", signed({ method: "POST", body }), refused("insufficient_coverage")),
  scenario("another body", { ...post(), body: "{}" }, refused("digest_mismatch")),
  scenario(
    "one of two digests is wrong",
    post({ headers: withDigest(`${right}, sha-512=:${digest("", "sha512")}:`) }),
    refused("digest_mismatch"),
  ),
  scenario("no digest that is known", post({ headers: withDigest("md5=:AAAA:") }), refused("digest_missing")),
  scenario(
    "a digest that a wrong signature covers does not count",
    signed({
      method: "POST",
      body,
      headers: withDigest(right),
      others: [{ signs: [...usual, "content-digest"], key: keys.bob }],
    }),
    refused("insufficient_coverage"),
  ),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/rfc9421/allow", keyId: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario(
    "wrong credentials are not anonymous",
    signed({ path: "/rfc9421/anonymous", key: keys.bob }),
    refused("signature_mismatch"),
  ),
  scenario("the same request again", signed({ path: "/rfc9421/replay" }), refused("replayed"), [
    signed({ path: "/rfc9421/replay" }),
  ]),
];

const published: RequestScenario = {
  // RFC 9421 B.2.5.
  name: "hmac-auth: rfc9421: the published example passes",
  setUp: withConfiguration({
    rules: [
      {
        scheme: "rfc9421",
        tolerance_seconds: 999_999_999_999,
        validate_body: false,
        required_components: ["date", "@authority", "content-type"],
        consumers: [
          {
            name: "tester",
            key_id: "test-shared-secret",
            keys: [
              {
                value: "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==",
                encoding: "base64",
              },
            ],
          },
        ],
      },
    ],
  }),
  request: {
    method: "POST",
    path: "/foo?param=Value&Pet=dog",
    authority: "example.com",
    headers: [
      ["date", "Tue, 20 Apr 2021 02:07:55 GMT"],
      ["content-type", "application/json"],
      ["signature-input", 'sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"'],
      ["signature", "sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:"],
    ],
    body: '{"hello": "world"}',
  },
  expect: passes("tester"),
};

export const hmacAuthRfc9421: readonly RequestScenario[] = [...accepted, ...wrong, published];
