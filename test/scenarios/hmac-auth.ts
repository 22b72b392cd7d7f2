/** hmac-auth, the two-field form: which requests it lets through. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario, SetUp } from "../scenario.ts";
import { header, hex, key, mac, withConfiguration, withFields, withoutOption } from "./hmac-auth-set-up.ts";

const body = '{"action":"opened","number":7}';
const binary = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 255);
const mebibyte = Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 31 + (i >> 8)) & 255);

const plain = withFields();
const http2: SetUp = { ...plain, protocol: "http2" };

const post = (
  content: ProxyRequest["body"],
  signature: string | null,
  more: Partial<ProxyRequest> = {},
): ProxyRequest => ({
  method: "POST",
  path: "/hook",
  headers: signature === null ? [] : [[header, signature]],
  ...(content !== undefined && { body: content }),
  ...more,
});

const passes = (content: string | Uint8Array = body): Expectation => ({
  outcome: "forwarded",
  status: 200,
  upstream: { body: content },
  metrics: { hmac_auth_verified: 1, hmac_auth_rejected: 0 },
});

const unauthorized: readonly HeaderLine[] = [
  ["www-authenticate", 'HMAC realm="hmac"'],
  ["content-type", "application/json"],
];

/** Refused before upstream has seen anything. */
const refused = (reason: string, status = 401): Expectation => ({
  outcome: "local",
  status,
  details: `hmac_auth:${reason}`,
  ...(status === 401 && { headers: unauthorized, body: '{"error":"unauthorized"}' }),
  upstream: null,
  log: new RegExp(`hmac_auth:${reason}`),
  metrics: { hmac_auth_verified: 0, hmac_auth_rejected: 1, [`hmac_auth_rejected_${reason}`]: 1 },
});

/** The same where upstream may have seen the headers. */
const withoutUpstream = ({ upstream: _, ...expectation }: Expectation): Expectation => expectation;

const scenario = (name: string, setUp: SetUp, request: ProxyRequest, expect: Expectation): RequestScenario => ({
  name: `hmac-auth: ${name}`,
  setUp,
  request,
  expect,
});

const base64url = mac(body).toString("base64url");
const pieces = (content: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(content.length / size) }, (_, i) => content.subarray(i * size, (i + 1) * size));

const signatures: readonly RequestScenario[] = [
  scenario("a body signed with the key passes unchanged", plain, post(body, hex(body)), passes()),
  // docs.github.com, "Validating webhook deliveries": the published example.
  // printf '{"action":"opened","number":7}' | openssl dgst -sha256 -hmac "It's a Secret to Everybody"
  scenario(
    "what openssl signed passes",
    plain,
    post(body, "34fd4221cb1c8b95d142c6dc81775bb15fcd403d46608fdf114c11b6a0f525c5"),
    passes(),
  ),
  scenario(
    "what openssl signed is refused with one byte changed",
    plain,
    post(`${body.slice(0, -1)}]`, "34fd4221cb1c8b95d142c6dc81775bb15fcd403d46608fdf114c11b6a0f525c5"),
    refused("signature_mismatch"),
  ),
  scenario(
    "GitHub's published example passes",
    plain,
    post("Hello, World!", "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"),
    passes("Hello, World!"),
  ),
  scenario("a signature in capital hex passes", plain, post(body, hex(body).toUpperCase()), passes()),
  scenario("a signature in base64 passes", plain, post(body, mac(body).toString("base64")), passes()),
  scenario(
    "a base64 signature behind sha256= passes",
    plain,
    post(body, `sha256=${mac(body).toString("base64")}`),
    passes(),
  ),
  scenario("a signature in base64url without padding passes", plain, post(body, base64url), passes()),
  scenario("a signature in base64url with padding passes", plain, post(body, `${base64url}=`), passes()),
  scenario(
    "the name of the header is matched in any case",
    plain,
    post(body, null, { headers: [["x-MY-hmac-HEADER-sha256", hex(body)]] }),
    passes(),
  ),
  scenario(
    "one changed byte of the body is refused",
    plain,
    post(body.replace("7", "8"), hex(body)),
    refused("signature_mismatch"),
  ),
  scenario(
    "a body signed with another key is refused",
    plain,
    post(body, hex(body, "other key, as long")),
    refused("signature_mismatch"),
  ),
  scenario("the signature of another body is refused", plain, post(body, hex("")), refused("signature_mismatch")),
  scenario("a signature of zeros is refused", plain, post(body, "0".repeat(64)), refused("signature_mismatch")),
  scenario("a request without signature is refused", plain, post(body, null), refused("missing_signature")),
  scenario("an empty signature is refused", plain, post(body, ""), refused("missing_signature")),
  scenario(
    "two signature lines are refused, even when both are right",
    plain,
    post(body, null, {
      headers: [
        [header, hex(body)],
        ["x-other", "1"],
        [header, hex(body)],
      ],
    }),
    refused("duplicate_header"),
  ),
  scenario(
    "two signatures in one line are refused",
    plain,
    post(body, `${hex(body)},${hex(body)}`),
    refused("malformed_signature"),
  ),
  scenario(
    "a truncated signature is refused",
    plain,
    post(body, hex(body).slice(0, 32)),
    refused("malformed_signature"),
  ),
  scenario(
    "a signature with one digit too many is refused",
    plain,
    post(body, `${hex(body)}0`),
    refused("malformed_signature"),
  ),
  scenario(
    "a signature with another letter is refused",
    plain,
    post(body, `g${hex(body).slice(1)}`),
    refused("malformed_signature"),
  ),
  scenario(
    "the prefix of another algorithm is refused",
    plain,
    post(body, `sha1=${hex(body)}`),
    refused("malformed_signature"),
  ),
  scenario("a prefix in capitals is refused", plain, post(body, `SHA256=${hex(body)}`), refused("malformed_signature")),
  scenario(
    "blanks inside a signature are refused",
    plain,
    post(body, hex(body).replace(/^(.{8})../, "$1  ")),
    refused("malformed_signature"),
  ),
  scenario(
    "base64 of both alphabets at once is refused",
    plain,
    post(body, `+-${base64url.slice(2)}`),
    refused("malformed_signature"),
  ),
  scenario(
    "base64 whose unused bits are set is refused",
    plain,
    post(body, nonCanonical()),
    refused("malformed_signature"),
  ),
  scenario(
    "bytes beyond ASCII in a signature are refused",
    plain,
    post(body, "\u00ff".repeat(64)),
    refused("malformed_signature"),
  ),
  scenario("a signature of 8 kB is refused", plain, post(body, "a".repeat(8000)), refused("malformed_signature")),
];

const deliveries: readonly RequestScenario[] = [
  scenario("a body of one byte passes", plain, post("x", hex("x")), passes("x")),
  scenario("a binary body passes unchanged", plain, post(binary, hex(binary)), passes(binary)),
  scenario("a chunked body passes", plain, post(["{", body.slice(1, 9), body.slice(9)], hex(body)), passes()),
  scenario("a body that comes byte by byte passes", plain, post([...body], hex(body)), passes()),
  scenario(
    "a body across many blocks of the hash passes",
    plain,
    post(pieces(binary, 63), hex(binary)),
    passes(binary),
  ),
  scenario(
    "a chunked body of 1 MiB passes unchanged",
    plain,
    post(pieces(mebibyte, 65536), hex(mebibyte)),
    passes(mebibyte),
  ),
  scenario(
    "a chunked body with one changed byte is refused",
    plain,
    post([body.slice(0, 9), body.slice(9, -1), "]"], hex(body)),
    refused("signature_mismatch"),
  ),
  scenario(
    "a body with trailers passes",
    plain,
    post([body], hex(body), { trailers: [["x-checksum", "1"]] }),
    passes(),
  ),
  scenario(
    "a changed body with trailers is refused",
    plain,
    post([`${body} `], hex(body), { trailers: [["x-checksum", "1"]] }),
    refused("signature_mismatch"),
  ),
  scenario(
    "a signature in the trailers does not count",
    plain,
    post([body], null, { trailers: [[header, hex(body)]] }),
    refused("missing_signature"),
  ),
  scenario("a GET without signature is refused", plain, { method: "GET" }, refused("missing_signature")),
  scenario(
    "a HEAD without signature is refused",
    plain,
    { method: "HEAD" },
    { ...refused("missing_signature"), body: "" },
  ),
  scenario("no body is refused though its signature is right", plain, post(undefined, hex("")), refused("empty_body")),
  scenario(
    "content-length 0 is refused though its signature is right",
    plain,
    post("", hex("")),
    refused("empty_body"),
  ),
  scenario(
    "an empty chunked body is refused though its signature is right",
    plain,
    post([], hex("")),
    refused("empty_body"),
  ),
  scenario(
    "a gRPC client is told UNAUTHENTICATED",
    plain,
    post(body, null, { headers: [["content-type", "application/grpc"]] }),
    {
      outcome: "local",
      status: 200,
      headers: [["grpc-status", "16"]],
      upstream: null,
      metrics: { hmac_auth_rejected_missing_signature: 1 },
    },
  ),
];

/** Behind a filter that edits the body when a part of it has been hashed. Over HTTP/2, where pieces stay apart. */
const behindEdit = (edit: string): SetUp => ({
  ...http2,
  filters: [
    { name: "late-edit", wasm: "dist/probes/late-edit.wasm", rootId: "", configuration: edit },
    ...http2.filters,
  ],
});
const inTwo = (signed: string) => post(["one", "two"], hex(signed), { trailers: [["x-checksum", "1"]] });

const edited: readonly RequestScenario[] = [
  scenario(
    "what an earlier filter appends is hashed",
    behindEdit("+three"),
    inTwo("onetwothree"),
    passes("onetwothree"),
  ),
  scenario(
    "what an earlier filter appends does not pass unhashed",
    behindEdit("+three"),
    inTwo("onetwo"),
    refused("signature_mismatch"),
  ),
  scenario("a body that was cut when hashed is refused", behindEdit(""), inTwo("one"), refused("body_unreadable")),
];

const overHttp2: readonly RequestScenario[] = [
  scenario("a signed body passes over HTTP/2", http2, post(body, hex(body)), passes()),
  scenario(
    "a body in many frames passes over HTTP/2",
    http2,
    post(pieces(mebibyte, 65536), hex(mebibyte)),
    passes(mebibyte),
  ),
  scenario(
    "a body with trailers passes over HTTP/2",
    http2,
    post([body], hex(body), { trailers: [["x-checksum", "1"]] }),
    passes(),
  ),
  scenario("a changed body is refused over HTTP/2", http2, post(`${body} `, hex(body)), refused("signature_mismatch")),
  scenario(
    "a changed body with trailers is refused over HTTP/2",
    http2,
    post([`${body} `], hex(body), { trailers: [["x-checksum", "1"]] }),
    refused("signature_mismatch"),
  ),
  scenario(
    "trailers without a body are refused over HTTP/2",
    http2,
    post([], hex(""), { trailers: [["x-checksum", "1"]] }),
    refused("empty_body"),
  ),
  scenario(
    "two signature lines are refused over HTTP/2",
    http2,
    post(body, null, {
      headers: [
        [header, hex(body)],
        [header, hex(body)],
      ],
    }),
    refused("duplicate_header"),
  ),
];

const tenBytes = withFields({ max_body_bytes: 10 });
const impatient = withFields({ body_timeout_ms: 100 });
const holdBody = withFields({ hold: "body" });
const upgrades: SetUp = { ...plain, upgrades: ["websocket"] };

const limits: readonly RequestScenario[] = [
  scenario(
    "an announced body over the limit is refused at once",
    tenBytes,
    post("x".repeat(11), hex("x".repeat(11))),
    refused("body_too_large", 413),
  ),
  scenario(
    "a chunked body over the limit is refused",
    tenBytes,
    post(["x".repeat(6), "x".repeat(5)], hex("x".repeat(11))),
    refused("body_too_large", 413),
  ),
  scenario("a body at the limit passes", tenBytes, post("x".repeat(10), hex("x".repeat(10))), passes("x".repeat(10))),
  scenario(
    "a body that never ends is refused in time",
    impatient,
    post([body], hex(body), { unfinished: true }),
    refused("body_timeout", 408),
  ),
  scenario(
    "without Envoy's option the body never comes, and the log says what is missing",
    withoutOption(impatient),
    post(body, hex(body)),
    { ...refused("body_timeout", 408), log: /allow_on_headers_stop_iteration/ },
  ),
  scenario(
    "an upgrade is refused, as its body never ends",
    upgrades,
    {
      method: "GET",
      headers: [
        ["connection", "upgrade"],
        ["upgrade", "websocket"],
        [header, hex("")],
      ],
    },
    refused("unsupported_upgrade"),
  ),
];

const holds: readonly RequestScenario[] = [
  scenario("hold: body lets a signed body through", holdBody, post([body], hex(body)), passes()),
  scenario(
    "hold: body refuses a changed body",
    holdBody,
    post([`${body} `], hex(body)),
    withoutUpstream(refused("signature_mismatch")),
  ),
  scenario(
    "hold: body keeps what upstream answers early from a client that has not signed",
    { ...withFields({ hold: "body", body_timeout_ms: 100 }), upstream: { status: 200, body: "early", early: true } },
    post([body], hex(body), { unfinished: true }),
    withoutUpstream(refused("body_timeout", 408)),
  ),
  scenario(
    "hold: body hands on what upstream answers early once the body is signed",
    // Envoy drops what comes of a request behind the end of its response.
    { ...holdBody, upstream: { status: 200, body: ["ear", "ly"], paceMs: 100, early: true } },
    post([body.slice(0, 9), body.slice(9)], hex(body)),
    { outcome: "forwarded", status: 200, body: "early" },
  ),
  scenario("hold: body works without Envoy's option", withoutOption(holdBody), post([body], hex(body)), passes()),
  scenario(
    "hold: body without Envoy's option refuses a changed body",
    withoutOption(holdBody),
    post([`${body} `], hex(body)),
    withoutUpstream(refused("signature_mismatch")),
  ),
];

const fromEnvironment = withConfiguration(
  { signing_key_env: "HMAC_KEY", signature_header: header },
  { HMAC_KEY: key, OTHER: "x" },
);
const utf8Key = "clé secrète 🔑 de plus de seize octets";
const utf8 = { ...withConfiguration({ signing_key: utf8Key, signature_header: header }), secrets: [utf8Key] };
const longKey = "k".repeat(131);
const long = { ...withConfiguration({ signing_key: longKey, signature_header: header }), secrets: [longKey] };

const keys: readonly RequestScenario[] = [
  scenario("a key from the environment verifies", fromEnvironment, post(body, hex(body)), passes()),
  scenario(
    "a key from the environment refuses what another signed",
    fromEnvironment,
    post(body, hex(body, "x")),
    refused("signature_mismatch"),
  ),
  scenario("a key beyond ASCII is taken as UTF-8", utf8, post(body, hex(body, utf8Key)), passes()),
  scenario("a key longer than a block verifies", long, post(body, hex(body, longKey)), passes()),
];

export const hmacAuth: readonly RequestScenario[] = [
  ...signatures,
  ...deliveries,
  ...overHttp2,
  ...edited,
  ...limits,
  ...holds,
  ...keys,
];

/** The right MAC with the two bits set that base64 leaves unused behind 32 bytes. */
function nonCanonical(): string {
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const text = mac(body).toString("base64");
  const last = digits.indexOf(text.charAt(42));
  return `${text.slice(0, 42)}${digits.charAt(last | 1)}=`;
}
