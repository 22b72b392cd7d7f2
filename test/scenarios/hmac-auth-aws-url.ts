/** hmac-auth: signed URLs of AWS's; signatures are made here by node:crypto. */
import { createHash, createHmac } from "node:crypto";
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import { keys, now, passes, refused as refusedBy, scenario as scenarioOf } from "./hmac-auth-canonical.ts";

const refused = (reason: string) => refusedBy(reason, "AWS4-HMAC-SHA256");
const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("aws-sigv4", name, request, expect, before);

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (key: string | Buffer, text: string): Buffer => createHmac("sha256", key).update(text).digest();
const day = 86_400;

interface Signed {
  readonly method?: string;
  readonly path?: string;
  /** Sorted before "X-Amz-...", and encoded as it is signed. */
  readonly query?: string;
  readonly body?: string;
  /** Hash of the body as it is signed, where it is not that. */
  readonly payload?: string;
  readonly headers?: readonly HeaderLine[];
  readonly key?: string;
  /** Seconds since it was signed. */
  readonly age?: number;
  readonly expires?: string;
  readonly change?: (path: string) => string;
}

/** A URL that a client of AWS's was given. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/aws-sigv4/usual", query, body, headers = [], key = keys.alice, age = 0 } = options;
  const time = new Date(now - age * 1000).toISOString().replace(/[-:]|\.\d{3}/g, "");
  const scope = `${time.slice(0, 8)}/us-east-1/service/aws4_request`;
  const lines: readonly HeaderLine[] = [["host", "api.example.com"], ...headers];
  const names = lines.map(([name]) => name).join(";");
  const parameters = [
    ...(query === undefined ? [] : [query]),
    "X-Amz-Algorithm=AWS4-HMAC-SHA256",
    `X-Amz-Credential=${encodeURIComponent(`k-alice/${scope}`)}`,
    `X-Amz-Date=${time}`,
    ...(options.expires === "" ? [] : [`X-Amz-Expires=${options.expires ?? 2 * day}`]),
    `X-Amz-SignedHeaders=${encodeURIComponent(names)}`,
  ].join("&");
  const payload = options.payload ?? sha256(body ?? "");
  const canonical = [method, path, parameters, ...lines.map((line) => line.join(":")), "", names, payload].join("\n");
  const derived = ["us-east-1", "service", "aws4_request"].reduce(hmac, hmac(`AWS4${key}`, time.slice(0, 8)));
  const signature = hmac(derived, `AWS4-HMAC-SHA256\n${time}\n${scope}\n${sha256(canonical)}`).toString("hex");
  const whole = `${path}?${parameters}&X-Amz-Signature=${signature}`;
  return {
    method,
    path: options.change?.(whole) ?? whole,
    authority: "api.example.com",
    headers,
    ...(body !== undefined && { body }),
  };
};

const body = '{"amount":7}';
const unsigned = "UNSIGNED-PAYLOAD";
const post = (options: Signed = {}): ProxyRequest => signed({ method: "POST", body, ...options });

const right: readonly RequestScenario[] = [
  scenario("a signed URL passes", signed({ query: "A=1&B=%20" }), passes("alice")),
  scenario("a signed URL is good as long as it says", signed({ age: 1.5 * day }), passes("alice")),
  scenario("a signed URL has the rule's time where it says none", signed({ expires: "" }), passes("alice")),
  scenario("a signed URL may sign a body", post(), passes("alice", { body })),
  scenario("a signed URL may leave out a body that is not there", signed({ payload: unsigned }), passes("alice")),
  scenario(
    "a signed URL may leave out a body where it is not validated",
    post({ path: "/aws-sigv4/open", payload: unsigned }),
    passes("alice", { body }),
  ),
  scenario("a signed URL may sign headers", signed({ headers: [["x-tenant", "t1"]] }), passes("alice")),
  scenario(
    "the signature of a URL may stand in front",
    signed({ change: (path) => path.replace(/\?(.*)&(X-Amz-Signature=.*)/, "?$2&$1") }),
    passes("alice"),
  ),
  scenario(
    "the signature of a URL is hidden where the rule says so",
    signed({ path: "/aws-sigv4/hide", query: "A=1&B=" }),
    passes("alice", { path: "/aws-sigv4/hide?A=1&B=" }),
  ),
];

const wrong: readonly RequestScenario[] = [
  scenario("a signed URL that is too old", signed({ age: 2 * day + 60 }), refused("timestamp_too_old")),
  scenario("a signed URL of another time to come", signed({ age: -2 * day }), refused("timestamp_in_future")),
  scenario(
    "a signed URL that is good for more than a week",
    signed({ expires: "604801" }),
    refused("malformed_timestamp"),
  ),
  scenario("a signed URL that is good for no number", signed({ expires: "1d" }), refused("malformed_timestamp")),
  scenario(
    "a signed URL whose life was made longer",
    signed({ age: 2 * day + 60, change: (path) => path.replace(/Expires=\d+/, "Expires=604800") }),
    refused("signature_mismatch"),
  ),
  scenario("a signed URL by another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario(
    "a signed URL with another parameter",
    signed({ change: (path) => `${path}&admin=1` }),
    refused("signature_mismatch"),
  ),
  scenario(
    "a signed URL with a second signature, escaped",
    signed({ change: (path) => `${path}&X-Amz%2DSignature=00` }),
    refused("signature_mismatch"),
  ),
  scenario(
    "a signed URL with a parameter twice",
    signed({ change: (path) => `${path}&X-Amz-Expires=1` }),
    refused("malformed_signature"),
  ),
  scenario(
    "a signed URL without signature",
    signed({ path: "/aws-sigv4/anonymous", change: (path) => path.replace(/&X-Amz-Signature=.*/, "") }),
    refused("missing_signature"),
  ),
  scenario(
    "a signed URL by another algorithm",
    signed({ change: (path) => path.replace("HMAC-SHA256", "ECDSA-P256-SHA256") }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "a signed URL and a header",
    { ...signed(), headers: [["authorization", "Bearer x"]] },
    refused("duplicate_header"),
  ),
  scenario("a body that a signed URL leaves out", post({ payload: unsigned }), refused("body_not_signed")),
  scenario("another body than the signed URL's", { ...post(), body: "{}" }, refused("signature_mismatch")),
  scenario("a signed URL that comes again", signed({ path: "/aws-sigv4/replay" }), refused("replayed"), [
    signed({ path: "/aws-sigv4/replay" }),
  ]),
];

export const hmacAuthAwsUrl: readonly RequestScenario[] = [...right, ...wrong];
