/** hmac-auth: draft-cavage-http-signatures-12; signatures are made here by node:crypto. */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import type { Expectation, RequestScenario } from "../scenario.ts";
import {
  anonymous,
  date,
  digest,
  future,
  keys,
  mac,
  now,
  passes,
  past,
  refused,
  scenario as scenarioOf,
} from "./hmac-auth-canonical.ts";

const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("cavage", name, request, expect, before);

interface Signed {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly body?: string;
  readonly signs?: readonly string[];
  readonly headers?: readonly HeaderLine[];
  readonly keyId?: string;
  readonly key?: string;
  /** As the parameter has it; null for none. */
  readonly algorithm?: string | null;
  readonly hash?: string;
  readonly created?: number | string | undefined;
  readonly expires?: number | string;
  readonly carrier?: "signature" | "authorization";
  /** Last changes to the value of the header. */
  readonly change?: (value: string) => string;
}

/** What a client sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/cavage/usual", body, signs = ["(request-target)", "date"] } = options;
  const { keyId = "k-alice", key = keys.alice, authority, created, expires, carrier = "signature" } = options;
  const algorithm = options.algorithm === undefined ? "hs2019" : options.algorithm;
  const headers = options.headers ?? [["date", date()]];
  const lines = signs.map((name) => {
    if (name === "(request-target)") return `${name}: ${method.toLowerCase()} ${path}`;
    if (name === "(created)") return `${name}: ${created}`;
    if (name === "(expires)") return `${name}: ${expires}`;
    if (name === "host") return `host: ${authority}`;
    const values = headers.filter(([each]) => each === name.toLowerCase()).map(([, value]) => value);
    return `${name.toLowerCase()}: ${values.join(", ")}`;
  });
  const params = [
    `keyId="${keyId}"`,
    ...(algorithm === null ? [] : [`algorithm="${algorithm}"`]),
    ...(created === undefined ? [] : [`created=${created}`]),
    ...(expires === undefined ? [] : [`expires=${expires}`]),
    `headers="${signs.join(" ")}"`,
    `signature="${mac(lines.join("\n"), key, options.hash)}"`,
  ];
  const value = `${carrier === "authorization" ? "Signature " : ""}${params.join(",")}`;
  return {
    method,
    path,
    headers: [...headers, [carrier, options.change?.(value) ?? value]],
    ...(authority !== undefined && { authority }),
    ...(body !== undefined && { body }),
  };
};

const body = '{"amount":7}';
const post = (options: Signed = {}): ProxyRequest =>
  signed({
    method: "POST",
    body,
    signs: ["(request-target)", "date", "digest"],
    headers: [
      ["date", date()],
      ["digest", `SHA-256=${digest(body)}`],
    ],
    ...options,
  });
const seconds = Math.floor(now / 1000);
const day = 86_400;
const byCreated = (options: Signed = {}): ProxyRequest =>
  signed({ signs: ["(request-target)", "(created)"], created: seconds, headers: [], ...options });

const right: readonly RequestScenario[] = [
  scenario("the target and the date pass", signed(), passes("alice")),
  scenario("the signature may be in Authorization", signed({ carrier: "authorization" }), passes("alice")),
  scenario("a query is signed as it is", signed({ path: "/cavage/usual?b=%41&a=1" }), passes("alice")),
  scenario("an algorithm may be named", signed({ algorithm: "hmac-sha512", hash: "sha512" }), passes("alice")),
  scenario("an algorithm need not be named", signed({ algorithm: null }), passes("alice")),
  scenario(
    "hs2019 is the consumer's own",
    signed({ keyId: "k-carol", key: keys.carol, hash: "sha512" }),
    passes("carol"),
  ),
  scenario("a signed (created) stands for the date", byCreated(), passes("alice")),
  scenario(
    "a signed (expires) that has not come passes",
    byCreated({ signs: ["(request-target)", "(created)", "(expires)"], expires: seconds + 2 * day }),
    passes("alice"),
  ),
  scenario(
    "(expires) may have decimals",
    byCreated({ signs: ["(request-target)", "(created)", "(expires)"], expires: `${seconds + 2 * day}.5` }),
    passes("alice"),
  ),
  scenario("a (created) that is not signed is not looked at", signed({ created: 1 }), passes("alice")),
  scenario("names are signed in lower case", signed({ signs: ["(request-target)", "Date"] }), passes("alice")),
  scenario(
    "lines of a signed header are joined",
    signed({
      signs: ["(request-target)", "date", "x-a"],
      headers: [
        ["date", date()],
        ["x-a", "1"],
        ["x-b", "0"],
        ["x-a", "2"],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "the host is signed",
    signed({ path: "/cavage/own", signs: ["(request-target)", "host", "date"], authority: "api.example.com:8443" }),
    passes("alice"),
  ),
  scenario("a body with its digest passes", post(), passes("alice", { body })),
  scenario(
    "a body passes as it is where it is not validated",
    signed({ path: "/cavage/open", method: "POST", body }),
    passes("alice", { body }),
  ),
  scenario("who sent no credentials is anonymous", { path: "/cavage/anonymous" }, anonymous),
  scenario(
    "credentials are hidden, and another's are not",
    signed({
      path: "/cavage/hide",
      headers: [
        ["date", date()],
        ["authorization", "Bearer abc"],
      ],
    }),
    passes("alice", { withoutHeaders: ["signature"] }),
  ),
];

const wrong: readonly RequestScenario[] = [
  scenario("no signature", { path: "/cavage/usual" }, refused("missing_signature")),
  scenario(
    "two signatures",
    { ...signed(), headers: [...(signed().headers ?? []), ["signature", "x"]] },
    refused("duplicate_header"),
  ),
  scenario(
    "two lines of Authorization",
    {
      ...signed({ carrier: "authorization" }),
      headers: [...(signed({ carrier: "authorization" }).headers ?? []), ["authorization", 'Signature keyId="a"']],
    },
    refused("duplicate_header"),
  ),
  scenario("an empty list of headers", signed({ signs: [""] }), refused("malformed_signature")),
  scenario(
    "no list: (created) alone is signed",
    byCreated({ change: (value) => value.replace(/headers="[^"]*",/, "") }),
    refused("insufficient_coverage"),
  ),
  scenario("the target is not signed", signed({ signs: ["date"] }), refused("insufficient_coverage")),
  scenario(
    "a host that the rule asks for is not signed",
    signed({ path: "/cavage/own" }),
    refused("insufficient_coverage"),
  ),
  scenario(
    "(created) with an algorithm of hmac",
    byCreated({ algorithm: "hmac-sha256" }),
    refused("malformed_signature"),
  ),
  scenario("(created) that is absent", byCreated({ created: undefined }), refused("missing_component")),
  scenario("(created) that is no number", byCreated({ created: "12.5" }), refused("malformed_timestamp")),
  scenario("an old (created)", byCreated({ created: seconds - 2 * day }), refused("timestamp_too_old")),
  scenario("a (created) in the future", byCreated({ created: seconds + 2 * day }), refused("timestamp_in_future")),
  scenario(
    "an (expires) that has come",
    byCreated({ signs: ["(request-target)", "(created)", "(expires)"], expires: seconds - 1 }),
    refused("timestamp_too_old"),
  ),
  scenario(
    "an old date behind a fresh (created) that is not signed",
    signed({ created: seconds, headers: [["date", past]] }),
    refused("timestamp_too_old"),
  ),
  scenario("a date in the future", signed({ headers: [["date", future]] }), refused("timestamp_in_future")),
  scenario(
    "an algorithm of keys that are public",
    signed({ algorithm: "rsa-sha256" }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "sha1 where it is not named",
    signed({ algorithm: "hmac-sha1", hash: "sha1" }),
    refused("algorithm_not_allowed"),
  ),
  scenario(
    "a header that is absent",
    signed({ signs: ["(request-target)", "date", "x-absent"] }),
    refused("missing_component"),
  ),
  scenario("an unknown key id", signed({ keyId: "k-eve" }), refused("unknown_key")),
  scenario("another key", signed({ key: keys.bob }), refused("signature_mismatch")),
  scenario(
    "another host",
    { ...signed({ path: "/cavage/own", signs: ["(request-target)", "host", "date"], authority: "a" }), authority: "b" },
    refused("signature_mismatch"),
  ),
  scenario(
    "a line more than was signed",
    signed({
      headers: [["date", date()]],
      signs: ["(request-target)", "date"],
      change: (value) => value.replace(" date", "  date"),
    }),
    refused("malformed_signature"),
  ),
  scenario("a body without digest", signed({ method: "POST", body }), refused("digest_missing")),
  scenario(
    "a digest that is not signed",
    post({ signs: ["(request-target)", "date"] }),
    refused("insufficient_coverage"),
  ),
  scenario("another body", { ...post(), body: "{}" }, refused("digest_mismatch")),
  scenario(
    "wrong credentials are not anonymous",
    signed({ path: "/cavage/anonymous", key: keys.bob }),
    refused("signature_mismatch"),
  ),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/cavage/allow", keyId: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario("the same request again", signed({ path: "/cavage/replay" }), refused("replayed"), [
    signed({ path: "/cavage/replay" }),
  ]),
];

export const hmacAuthCavage: readonly RequestScenario[] = [...right, ...wrong];
