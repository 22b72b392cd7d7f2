/** hmac-auth: the scheme of APISIX; signatures are made here by node:crypto, as those in its documentation are not right. */
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
  refused,
  scenario as scenarioOf,
} from "./hmac-auth-canonical.ts";

const scenario = (name: string, request: ProxyRequest, expect: Expectation, before?: readonly ProxyRequest[]) =>
  scenarioOf("apisix", name, request, expect, before);

interface Signed {
  readonly method?: string;
  readonly path?: string;
  readonly body?: string;
  readonly signs?: readonly string[];
  readonly headers?: readonly HeaderLine[];
  readonly keyId?: string;
  readonly key?: string;
  readonly algorithm?: string;
  /** Last changes to the value of the header. */
  readonly change?: (value: string) => string;
}

/** What a client of APISIX sends. */
const signed = (options: Signed = {}): ProxyRequest => {
  const { method = "GET", path = "/apisix/usual", body, signs = ["@request-target", "date"] } = options;
  const headers = options.headers ?? [["date", date()]];
  const { keyId = "k-alice", key = keys.alice, algorithm = "sha256" } = options;
  const lines = signs.map((name) =>
    name === "@request-target"
      ? `${method} ${path}`
      : `${name}: ${headers.find(([each]) => each === name.toLowerCase())?.[1] ?? ""}`,
  );
  const signature = mac(`${[keyId, ...lines].join("\n")}\n`, key, algorithm);
  const list = signs.join(" ");
  const value = `Signature keyId="${keyId}",algorithm="hmac-${algorithm}",headers="${list}",signature="${signature}"`;
  return {
    method,
    path,
    headers: [...headers, ["authorization", options.change?.(value) ?? value]],
    ...(body !== undefined && { body }),
  };
};

const body = '{"amount":7}';
const withDigest: readonly HeaderLine[] = [
  ["date", date()],
  ["digest", `SHA-256=${digest(body)}`],
];
const post = (options: Signed = {}): ProxyRequest =>
  signed({ method: "POST", body, signs: ["@request-target", "date", "digest"], headers: withDigest, ...options });

/** The obsolete forms of RFC 9110 section 5.6.7. */
const [, day = "", month = "", year = "", time = ""] = /, (..) (...) (....) (.{8}) GMT/.exec(date()) ?? [];
const weekday = new Date(date()).toLocaleString("en", { weekday: "long", timeZone: "UTC" });
const rfc850 = `${weekday}, ${day}-${month}-${year.slice(2)} ${time} GMT`;
const asctime = `${weekday.slice(0, 3)} ${month} ${day.replace(/^0/, " ")} ${time} ${year}`;

const right: readonly RequestScenario[] = [
  scenario("the target and the date pass", signed(), passes("alice")),
  scenario("a query is signed as it is", signed({ path: "/apisix/usual?b=%41&a=1" }), passes("alice")),
  scenario("the older key is tried too", signed({ key: keys.aliceOld }), passes("alice")),
  scenario("a key may be written in hex", signed({ keyId: "k-bob", key: keys.bob }), passes("bob")),
  scenario("sha512 may be used", signed({ algorithm: "sha512" }), passes("alice")),
  scenario("sha1 passes where it is named", signed({ path: "/apisix/sha1", algorithm: "sha1" }), passes("alice")),
  scenario("a body with its digest passes", post(), passes("alice", { body })),
  scenario(
    "components that the rule asks for are signed",
    signed({
      path: "/apisix/own",
      signs: ["@request-target", "date", "x-tenant"],
      headers: [
        ["date", date()],
        ["x-tenant", "t1"],
      ],
    }),
    passes("alice"),
  ),
  scenario(
    "values may stand without quotes",
    signed({ change: (value) => value.replace('"k-alice"', "k-alice") }),
    passes("alice"),
  ),
  scenario(
    "an escaped byte stands for itself",
    signed({ change: (value) => value.replace('"k-alice"', '"k\\-a\\lice"') }),
    passes("alice"),
  ),
  scenario(
    "names of parameters may be in either case",
    signed({ change: (value) => value.replace("keyId", "KEYID").replace("signature=", "Signature=") }),
    passes("alice"),
  ),
  scenario(
    "blanks and empty elements do not matter",
    signed({ change: (value) => `${value.replace(/(\w+)="(?=\w)/g, '$1 =\t"').replaceAll(",", " ,,\t")},` }),
    passes("alice"),
  ),
  scenario("a date may be as in RFC 850", signed({ headers: [["date", rfc850]] }), passes("alice")),
  scenario("a date may be as asctime() writes it", signed({ headers: [["date", asctime]] }), passes("alice")),
  scenario("who sent no credentials is anonymous", { path: "/apisix/anonymous" }, anonymous),
  scenario(
    "credentials are hidden where the rule says so",
    signed({ path: "/apisix/hide" }),
    passes("alice", { withoutHeaders: ["authorization"] }),
  ),
];

const wrong: readonly RequestScenario[] = [
  scenario("no credentials", { path: "/apisix/usual" }, refused("missing_signature")),
  scenario(
    "another scheme",
    { path: "/apisix/usual", headers: [["authorization", "Bearer abc"]] },
    refused("malformed_signature"),
  ),
  scenario(
    "a parameter that comes twice, in another case",
    signed({ change: (value) => `${value},KeyId="k-bob"` }),
    refused("malformed_signature"),
  ),
  scenario("an escape without a byte", signed({ change: (value) => `${value},x="\\` }), refused("malformed_signature")),
  scenario(
    "a date of RFC 850 with a short day",
    signed({ headers: [["date", rfc850.replace(/day|[a-z]+day/, "")]] }),
    refused("malformed_timestamp"),
  ),
  scenario(
    "a date of asctime() without its blank",
    signed({ headers: [["date", asctime.replace("  ", " ").replace(/ (\d)(\d) /, " $1 ")]] }),
    refused("malformed_timestamp"),
  ),
  scenario(
    "no algorithm",
    signed({ change: (value) => value.replace(/algorithm="[^"]*",/, "") }),
    refused("malformed_signature"),
  ),
  scenario("an unknown key id", signed({ keyId: "k-eve" }), refused("unknown_key")),
  scenario("another consumer's key", signed({ keyId: "k-bob" }), refused("signature_mismatch")),
  scenario("another query", { ...signed(), path: "/apisix/usual?x=1" }, refused("signature_mismatch")),
  scenario(
    "text without its last line feed",
    signed({ change: (value) => value.replace(/signature=".*"/, `signature="${mac("k-alice", keys.alice)}"`) }),
    refused("signature_mismatch"),
  ),
  scenario(
    "nothing but the key id is signed",
    signed({ change: (value) => value.replace(/headers="[^"]*",/, "") }),
    refused("insufficient_coverage"),
  ),
  scenario("the date is not signed", signed({ signs: ["@request-target"] }), refused("insufficient_coverage")),
  scenario("the target is not signed", signed({ signs: ["date"] }), refused("insufficient_coverage")),
  scenario(
    "a signed header that is absent",
    signed({ signs: ["@request-target", "date", "x-absent"] }),
    refused("missing_component"),
  ),
  scenario(
    "a signed header of several lines",
    signed({
      signs: ["@request-target", "date", "x-a"],
      headers: [
        ["date", date()],
        ["x-a", "1"],
        ["x-a", "2"],
      ],
    }),
    refused("duplicate_header"),
  ),
  scenario("an old date", signed({ headers: [["date", past]] }), refused("timestamp_too_old")),
  scenario("a date in the future", signed({ headers: [["date", future]] }), refused("timestamp_in_future")),
  scenario("a body without digest", signed({ method: "POST", body }), refused("digest_missing")),
  scenario(
    "a digest that is not signed",
    post({ signs: ["@request-target", "date"] }),
    refused("insufficient_coverage"),
  ),
  scenario("another body", { ...post(), body: "{}" }, refused("digest_mismatch")),
  scenario("sha1 where it is not named", signed({ algorithm: "sha1" }), refused("algorithm_not_allowed")),
  scenario(
    "a consumer that is not allowed",
    signed({ path: "/apisix/allow", keyId: "k-bob", key: keys.bob }),
    refused("consumer_not_allowed"),
  ),
  scenario("the same request again", signed({ path: "/apisix/replay" }), refused("replayed"), [
    signed({ path: "/apisix/replay" }),
  ]),
];

export const hmacAuthApisix: readonly RequestScenario[] = [...right, ...wrong];
