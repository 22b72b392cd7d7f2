/** hmac-auth: AWS Signature Version 4; signatures are made here by node:crypto, or are of AWS's test suite. */
import { createHash, createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import { anonymous, keys, now, passes, refused as refusedBy, scenario as scenarioOf } from "./hmac-auth-canonical.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const refused = (reason: string) => refusedBy(reason, "AWS4-HMAC-SHA256");
const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("aws-sigv4", name, request, expect, before);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();

/** "20150830T123600Z". */
const timeOf = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");
const day = 86_400_000;

interface Signed {
  readonly method?: string;
  readonly path?: string;
  /** The path and the query as they are signed, where they are not what is sent. */
  readonly canonical?: readonly [path: string, query: string];
  readonly authority?: string;
  readonly body?: string;
  /** Hash of the body as it is signed, where it is not that. */
  readonly payload?: string;
  readonly signs?: readonly string[];
  readonly headers?: readonly HeaderLine[];
  /** Values as they are signed, where they are not what is sent. */
  readonly values?: Readonly<Record<string, string>>;
  readonly keyId?: string;
  readonly key?: string;
  readonly time?: string;
  /** Of the scope, where it is not that of the time. */
  readonly date?: string;
  readonly region?: string;
  readonly service?: string;
  readonly change?: (value: string) => string;
}

/** What a client of AWS's sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/aws-sigv4/usual", authority = "api.example.com", body } = options;
  const {
    keyId = "k-alice",
    key = keys.alice,
    time = timeOf(now),
    region = "us-east-1",
    service = "service",
  } = options;
  const { signs = ["host", "x-amz-date"], date = time.slice(0, 8) } = options;
  const headers: HeaderLine[] = [...(options.headers ?? []), ["x-amz-date", time]];
  const [plain = "", query = ""] = path.split("?");
  const [signedPath, signedQuery] = options.canonical ?? [plain, query];
  const contentOf = (name: string): string =>
    options.values?.[name] ??
    (name === "host" ? authority : headers.flatMap(([each, value]) => (each === name ? [value] : [])).join(","));
  const canonical = [
    method,
    signedPath,
    signedQuery,
    ...signs.map((name) => `${name}:${contentOf(name)}`),
    "",
    signs.join(";"),
    options.payload ?? sha256(body ?? ""),
  ].join("\n");
  const scope = `${date}/${region}/${service}/aws4_request`;
  const derived = [region, service, "aws4_request"].reduce(hmac, hmac(`AWS4${key}`, date));
  const signature = hmac(derived, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const value = `AWS4-HMAC-SHA256 Credential=${keyId}/${scope}, SignedHeaders=${signs.join(";")}, Signature=${signature}`;
  return {
    method,
    path,
    authority,
    headers: [...headers, ["authorization", options.change?.(value) ?? value]],
    ...(body !== undefined && { body }),
  };
};

const body = '{"amount":7}';
const hashed = (value: string): readonly HeaderLine[] => [["x-amz-content-sha256", value]];
const post = (options: Signed = {}): ProxyRequest => signed({ method: "POST", body, ...options });
const usual = "/aws-sigv4/usual";

const right: readonly RequestScenario[] = [
  scenario("host and time pass", signed(), passes("alice")),
  scenario("a body passes by its own hash", post(), passes("alice", { body })),
  scenario(
    "a body passes by the hash that the client says",
    post({ headers: hashed(sha256(body)), signs: ["host", "x-amz-content-sha256", "x-amz-date"] }),
    passes("alice", { body }),
  ),
  scenario(
    "a body may be left out where it is not validated",
    post({ path: "/aws-sigv4/open", payload: "UNSIGNED-PAYLOAD", headers: hashed("UNSIGNED-PAYLOAD") }),
    passes("alice", { body }),
  ),
  scenario(
    "a body may be left out where there is none",
    signed({ payload: "UNSIGNED-PAYLOAD", headers: hashed("UNSIGNED-PAYLOAD") }),
    passes("alice"),
  ),
  scenario("the older key is tried too", signed({ key: keys.aliceOld }), passes("alice")),
  scenario(
    "the day before is signed with a key of its own",
    signed({ time: timeOf(now - day + 1_800_000) }),
    passes("alice"),
  ),
  scenario(
    "the query is signed sorted and encoded once",
    signed({ path: `${usual}?b=%7e+&a&%61=/&a=0`, canonical: [usual, "a=&a=%2F&a=0&b=~%2B"] }),
    passes("alice"),
  ),
  scenario(
    "several lines are signed with a comma, without needless blanks",
    signed({
      signs: ["host", "x-a", "x-amz-date"],
      headers: [
        ["x-a", "1   2"],
        ["x-a", '"3  4"'],
      ],
      values: { "x-a": '1 2,"3 4"' },
    }),
    passes("alice"),
  ),
  scenario(
    "headers that the rule asks for are signed",
    signed({ path: "/aws-sigv4/own", signs: ["host", "x-amz-date", "x-tenant"], headers: [["x-tenant", "t1"]] }),
    passes("alice"),
  ),
  scenario("who sent no credentials is anonymous", { path: "/aws-sigv4/anonymous" }, anonymous),
  scenario(
    "credentials are hidden where the rule says so",
    signed({ path: "/aws-sigv4/hide" }),
    passes("alice", { withoutHeaders: ["authorization"] }),
  ),
];

const wrong: readonly RequestScenario[] = [
  scenario("no credentials", { path: usual }, refused("missing_signature")),
  scenario(
    "another scheme",
    { path: usual, headers: [["authorization", "Bearer abc"]] },
    refused("malformed_signature"),
  ),
  scenario(
    "another algorithm of AWS's",
    signed({ change: (value) => value.replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256") }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "two lines",
    { ...signed(), headers: [...(signed().headers ?? []), ["authorization", "AWS4-HMAC-SHA256 Credential=x"]] },
    refused("duplicate_header"),
  ),
  scenario(
    "a credential without scope",
    signed({ change: (value) => value.replace(/Credential=[^,]*/, "Credential=k-alice") }),
    refused("malformed_signature"),
  ),
  scenario(
    "a credential twice",
    signed({ change: (value) => `${value}, Credential=x` }),
    refused("malformed_signature"),
  ),
  scenario("headers out of order", signed({ signs: ["x-amz-date", "host"] }), refused("malformed_signature")),
  scenario(
    "headers in capitals",
    signed({ change: (value) => value.replace("=host", "=Host") }),
    refused("malformed_signature"),
  ),
  scenario(
    "a signature in capitals",
    signed({ change: (value) => value.replace(/Signature=.*/, (text) => `Signature=${text.slice(10).toUpperCase()}`) }),
    refused("malformed_signature"),
  ),
  scenario("a cut signature", signed({ change: (value) => value.slice(0, -2) }), refused("malformed_signature")),
  scenario("an unknown key id", signed({ keyId: "k-eve" }), refused("unknown_key")),
  scenario("another region", signed({ region: "eu-west-1" }), refused("unknown_key")),
  scenario("another service", signed({ service: "s3" }), refused("unknown_key")),
  scenario("another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario(
    "a consumer with another algorithm",
    signed({ keyId: "k-carol", key: keys.carol }),
    refused("algorithm_not_allowed"),
  ),
  scenario("the host is not signed", signed({ signs: ["x-amz-date"] }), refused("insufficient_coverage")),
  scenario("the time is not signed", signed({ signs: ["host"] }), refused("insufficient_coverage")),
  scenario(
    "a signed header that is absent",
    signed({ signs: ["host", "x-absent", "x-amz-date"] }),
    refused("missing_component"),
  ),
  scenario("an old time", signed({ time: timeOf(now - 2 * day) }), refused("timestamp_too_old")),
  scenario("a time in the future", signed({ time: timeOf(now + 2 * day) }), refused("timestamp_in_future")),
  scenario("a time of another form", signed({ time: `${timeOf(now).slice(0, 15)}+` }), refused("malformed_timestamp")),
  scenario("a scope of another day", signed({ date: "20150830" }), refused("malformed_signature")),
  scenario("another query", { ...signed(), path: `${usual}?a` }, refused("signature_mismatch")),
  scenario("another host", { ...signed(), authority: "other.example.com" }, refused("signature_mismatch")),
  scenario("another body", { ...post(), body: "{}" }, refused("signature_mismatch")),
  scenario(
    "a body other than its hash says",
    { ...post({ headers: hashed(sha256(body)) }), body: "{}" },
    refused("digest_mismatch"),
  ),
  scenario(
    "a body that the client left out",
    post({ payload: "UNSIGNED-PAYLOAD", headers: hashed("UNSIGNED-PAYLOAD") }),
    refused("body_not_signed"),
  ),
  scenario("a hash that is none", post({ payload: "x", headers: hashed("x") }), refused("malformed_signature")),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/aws-sigv4/allow", keyId: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario("the same request again", signed({ path: "/aws-sigv4/replay" }), refused("replayed"), [
    signed({ path: "/aws-sigv4/replay" }),
  ]),
];

/** The suite's key and scope; its requests are of 2015. */
const suite = withConfiguration({
  rules: [
    {
      scheme: "aws-sigv4",
      tolerance_seconds: 999_999_999_999,
      region: "us-east-1",
      service: "service",
      consumers: [
        { name: "suite", key_id: "AKIDEXAMPLE", keys: [{ value: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" }] },
      ],
    },
  ],
});

const published = (
  name: string,
  signature: string,
  { signs = "host;x-amz-date", headers = [], ...request }: Partial<ProxyRequest> & { signs?: string } = {},
): RequestScenario => ({
  name: `hmac-auth: aws-sigv4: ${name} of AWS's test suite passes`,
  setUp: suite,
  request: {
    path: "/",
    authority: "example.amazonaws.com",
    ...request,
    headers: [
      ...headers,
      ["x-amz-date", "20150830T123600Z"],
      [
        "authorization",
        `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=${signs}, Signature=${signature}`,
      ],
    ],
  },
  expect: passes("suite"),
});

const unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

const examples: readonly RequestScenario[] = [
  published("get-vanilla", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
  published("get-vanilla-query-order-key-case", "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", {
    path: "/?Param2=value2&Param1=value1",
  }),
  published("get-vanilla-query-unreserved", "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197", {
    path: `/?${unreserved}=${unreserved}`,
  }),
  published("get-vanilla-utf8-query", "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04", {
    path: "/?%E1%88%B4=bar",
  }),
  published("get-vanilla-query-order-value", "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694", {
    path: "/?Param1=value2&Param1=value1",
  }),
  published("get-unreserved", "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f", {
    path: `/${unreserved}`,
  }),
  published("get-header-key-duplicate", "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", {
    signs: "host;my-header1;x-amz-date",
    headers: ["value2", "value2", "value1"].map((value) => ["my-header1", value] as const),
  }),
  published("get-header-value-trim", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", {
    signs: "host;my-header1;my-header2;x-amz-date",
    headers: [
      ["my-header1", "value1"],
      ["my-header2", '"a   b   c"'],
    ],
  }),
  published(
    "normalize-path/get-relative-relative",
    "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
    { path: "/example1/example2/../.." },
  ),
  published("normalize-path/get-slash-dot-slash", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", {
    path: "/./",
  }),
  published("post-vanilla", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", { method: "POST" }),
  published("post-x-www-form-urlencoded", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", {
    method: "POST",
    signs: "content-type;host;x-amz-date",
    headers: [["content-type", "application/x-www-form-urlencoded"]],
    body: "Param1=value1",
  }),
];

export const hmacAuthAwsSigV4: readonly RequestScenario[] = [...right, ...wrong, ...examples];
