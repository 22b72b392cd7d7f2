/** hmac-auth, the full form: configurations it refuses, with the place and the reason in the log and no value. */
import type { RefusalScenario } from "../scenario.ts";
import { withConfiguration } from "./hmac-auth-set-up.ts";

const secret = "a key of the rules, long enough";
const keys = [{ value: secret }];
const github = { scheme: "github", keys };
const top = (fields: Record<string, unknown>) => ({ rules: [github], ...fields });
const rule = (fields: Record<string, unknown>) => ({ rules: [{ ...github, ...fields }] });
const scheme = (fields: Record<string, unknown>) => rule({ scheme: { header: "X-Sig", ...fields } });
const consumers = [{ name: "alice", key_id: "k-alice", keys }];
const list = { separator: ",", pair: "=", signature: "s", timestamp: "t" };
const stamped = "{timestamp}.{body}";

const refuses = (name: string, configuration: unknown, refused: RegExp, environment?: Record<string, string>) => ({
  name: `hmac-auth: rules: ${name}`,
  setUp: { ...withConfiguration(configuration, environment), secrets: [secret, "whpk_", "bm8gc2VjcmV0"] },
  refused,
});

/** What the schema knows too. */
export const knownToTheSchema: readonly RefusalScenario[] = [
  refuses("no rule is refused", { rules: [] }, /\/rules: expected at least one rule, found none/),
  refuses("both forms at once are refused", top({ signing_key: secret }), /\/signing_key: .*rules, found both/),
  refuses("both forms at once are refused by the header too", top({ signature_header: "x" }), /\/signature_header: /),
  refuses("an unknown mode is refused", top({ mode: "check" }), /\/mode: expected one of "verify" "sign" "report"/),
  refuses("an unknown key is refused", top({ rule: [] }), /\/rule: unknown key/),
  refuses("an unknown key of a rule is refused", rule({ key: "x" }), /\/rules\/0\/key: unknown key/),
  refuses(
    "an unknown key of a match is refused",
    rule({ match: { host: "a" } }),
    /\/rules\/0\/match\/host: unknown key/,
  ),
  refuses(
    "an unknown key of a scheme is refused",
    scheme({ headers: "x" }),
    /\/rules\/0\/scheme\/headers: unknown key/,
  ),
  refuses("an unknown preset is refused", rule({ scheme: "gitlab" }), /\/rules\/0\/scheme: expected a preset/),
  refuses("a rule without scheme is refused", { rules: [{ keys }] }, /\/rules\/0\/scheme: /),
  refuses("a rule without keys is refused", { rules: [{ scheme: "github" }] }, /\/rules\/0\/keys: expected an array/),
  refuses("no key is refused", rule({ keys: [] }), /\/rules\/0\/keys: expected 1 to 8 keys, found none/),
  refuses(
    "nine keys are refused",
    rule({ keys: Array.from({ length: 9 }, () => keys[0]) }),
    /\/rules\/0\/keys: expected 1 to 8 keys, found more/,
  ),
  refuses("an empty key is refused", rule({ keys: [{ value: "" }] }), /\/rules\/0\/keys\/0\/value: .*empty or blank/),
  refuses("a blank key is refused", rule({ keys: [{ value: " \t" }] }), /\/rules\/0\/keys\/0\/value: .*empty or blank/),
  refuses("a key of neither kind is refused", rule({ keys: [{ id: "a" }] }), /\/rules\/0\/keys\/0\/value: /),
  refuses(
    "a key of both kinds is refused",
    rule({ keys: [{ value: secret, env: "A" }] }),
    /\/rules\/0\/keys\/0\/value: expected value or env, found both/,
    { A: secret },
  ),
  refuses("an action with a scheme is refused", rule({ action: "allow" }), /\/rules\/0\/scheme: unknown key/),
  refuses("another action is refused", { rules: [{ action: "deny" }] }, /\/rules\/0\/action: /),
  refuses("a scheme without header is refused", rule({ scheme: {} }), /\/rules\/0\/scheme\/header: /),
  refuses("a bad name of a header is refused", scheme({ header: "a b" }), /\/rules\/0\/scheme\/header: /),
  refuses("the name of the host's header is refused", scheme({ header: "Host" }), /\/rules\/0\/scheme\/header: /),
  refuses("auto is of the two fields only", scheme({ encoding: "auto" }), /\/rules\/0\/scheme\/encoding: /),
  refuses("an unknown algorithm is refused", scheme({ algorithm: "md5" }), /\/rules\/0\/scheme\/algorithm: /),
  refuses(
    "a string to sign without placeholder is refused",
    scheme({ string_to_sign: "body" }),
    /\/rules\/0\/scheme\/string_to_sign: expected at least one placeholder/,
  ),
  refuses("an empty string to sign is refused", scheme({ string_to_sign: "" }), /\/string_to_sign: /),
  refuses("an empty separator is refused", scheme({ list: { ...list, separator: "" } }), /\/list\/separator: /),
  refuses(
    "two places of the time are refused",
    scheme({ string_to_sign: stamped, timestamp: { header: "a", body_json: "b" } }),
    /\/rules\/0\/scheme\/timestamp: expected one of/,
  ),
  refuses(
    "a tolerance of 0 is refused",
    scheme({ string_to_sign: stamped, timestamp: { header: "a", tolerance_seconds: 0 } }),
    /\/timestamp\/tolerance_seconds: expected a whole number/,
  ),
  refuses(
    "a negative tolerance is refused",
    rule({ scheme: "stripe", tolerance_seconds: -1 }),
    /\/tolerance_seconds: /,
  ),
  refuses("a limit of 0 is refused", rule({ max_body_bytes: 0 }), /\/rules\/0\/max_body_bytes: /),
  refuses("an answer of 410 is refused", top({ reject: { status: 410 } }), /\/reject\/status: /),
  refuses("an answer of 402 is refused", top({ reject: { status: 402 } }), /\/reject\/status: /),
  refuses("a realm with quotes is refused", top({ reject: { realm: 'a"b' } }), /\/reject\/realm: /),
  refuses("a realm with a line break is refused", top({ reject: { realm: "a\nb" } }), /\/reject\/realm: /),
  refuses("a bad identity header is refused", top({ identity_header: "a b" }), /\/identity_header: /),
  refuses("a base URL with a path is refused", top({ public_base_url: "https://a.example/x" }), /\/public_base_url: /),
  refuses("a base URL without scheme is refused", top({ public_base_url: "a.example" }), /\/public_base_url: /),
  refuses("a base URL without host is refused", top({ public_base_url: "https://:443" }), /\/public_base_url: /),
  refuses("a base URL with a bad port is refused", top({ public_base_url: "https://a:8x" }), /\/public_base_url: /),
  refuses(
    "a base URL with an empty port is refused",
    top({ public_base_url: "https://[::1]:" }),
    /\/public_base_url: /,
  ),
  refuses(
    "a consumer whose name breaks a line is refused",
    { rules: [{ scheme: "kong", consumers: [{ ...consumers[0], name: "a\r\nb" }] }] },
    /\/rules\/0\/consumers\/0\/name: expected a name without control characters/,
  ),
  refuses(
    "an anonymous consumer whose name breaks a line is refused",
    { rules: [{ scheme: "kong", consumers, anonymous_consumer: "a\nb" }] },
    /\/rules\/0\/anonymous_consumer: expected a name without control characters/,
  ),
  refuses(
    "an empty prefix of other keys is refused",
    scheme({ key: { refuse_prefixes: [""] } }),
    /\/key\/refuse_prefixes: expected at least one character/,
  ),
  refuses("signing without the headers is refused", top({ mode: "sign", hold: "body" }), /\/hold: expected "headers"/),
  refuses("a window of 0 is refused", rule({ scheme: "stripe", replay: { window_seconds: 0 } }), /\/window_seconds: /),
  refuses("consumers of a preset are refused", rule({ consumers }), /\/rules\/0\/consumers: unknown key/),
  refuses("a prefix without slash is refused", rule({ match: { path_prefix: "a" } }), /\/match\/path_prefix: /),
  refuses("a path with a query is refused", rule({ match: { path: "/a?b" } }), /\/match\/path: /),
];

/** What a schema cannot know. */
export const hmacAuthRefusedRules: readonly RefusalScenario[] = [
  ...knownToTheSchema,
  refuses(
    "an id twice is refused",
    rule({
      keys: [
        { id: "a", ...keys[0] },
        { id: "a", ...keys[0] },
      ],
    }),
    /\/keys\/1\/id: /,
  ),
  refuses("the id of a rule twice is refused", { rules: [{ id: "1", ...github }, github] }, /\/rules\/1\/id: /),
  refuses("a variable that is not set is refused", rule({ keys: [{ env: "NO_SUCH" }] }), /\/keys\/0\/env: .*not set/),
  refuses("an empty variable is refused", rule({ keys: [{ env: "A" }] }), /\/keys\/0\/env: .*empty or blank/, {
    A: "",
  }),
  refuses(
    "a key that is no hex is refused",
    rule({ keys: [{ value: "xyz", encoding: "hex" }] }),
    /\/keys\/0\/value: .*in hex/,
  ),
  refuses(
    "a key that is no base64 is refused",
    rule({ scheme: "svix", keys: [{ value: "whsec_bm8gc2VjcmV0!" }] }),
    /\/keys\/0\/value: expected a key in base64/,
  ),
  refuses(
    "a key that is a prefix alone is refused",
    rule({ scheme: "svix", keys: [{ value: "whsec_" }] }),
    /\/keys\/0\/value: .*empty or blank/,
  ),
  refuses(
    "a public key is no key for HMAC",
    rule({ scheme: "standard-webhooks", keys: [{ value: "whpk_bm8gc2VjcmV0" }] }),
    /\/keys\/0\/value: expected a key for HMAC/,
  ),
  refuses("an unknown placeholder is refused", scheme({ string_to_sign: "{body}{status}" }), /\/string_to_sign: /),
  refuses("a placeholder that does not end is refused", scheme({ string_to_sign: "{body}{" }), /\/string_to_sign: /),
  refuses("two bodies are refused", scheme({ string_to_sign: "{body}{form}" }), /\/string_to_sign: /),
  refuses(
    "a placeholder without its header is refused",
    scheme({ string_to_sign: "{body}{header:}" }),
    /\/string_to_sign: /,
  ),
  refuses("a time that is nowhere is refused", scheme({ string_to_sign: stamped }), /\/string_to_sign: .*"timestamp"/),
  refuses(
    "a time that is not signed is refused",
    scheme({ timestamp: { header: "x-time" } }),
    /\/string_to_sign: expected \{timestamp\}/,
  ),
  refuses("an id that is nowhere is refused", scheme({ string_to_sign: "{id}{body}" }), /\/string_to_sign: .*"id"/),
  refuses("an id that is not signed is refused", scheme({ id: { header: "x-id" } }), /\/string_to_sign: .*\{id\}/),
  refuses(
    "a time in a body that is not signed is refused",
    scheme({ string_to_sign: "{path}", timestamp: { body_json: "t" } }),
    /\/string_to_sign: expected \{body\}/,
  ),
  refuses(
    "an element that the list does not have is refused",
    scheme({ list, string_to_sign: stamped, timestamp: { element: "x" } }),
    /\/timestamp\/element: /,
  ),
  refuses("a list's time without place is refused", scheme({ list }), /\/timestamp: /),
  refuses(
    "a digest in a query that is not signed is refused",
    scheme({ url: { body_hash_query: "x" } }),
    /\/string_to_sign: expected \{url\} or \{query\}/,
  ),
  refuses("a tolerance without time is refused", rule({ tolerance_seconds: 5 }), /\/tolerance_seconds: /),
  refuses("a replay store without time is refused", rule({ replay: { window_seconds: 5 } }), /\/replay\/untimed: /),
  refuses(
    "signing with all keys wants a list",
    { mode: "sign", rules: [{ ...github, sign_with: "all" }] },
    /\/rules\/0\/sign_with: expected a "list"/,
  ),
  refuses(
    "of a rule with an unknown preset nothing else is said",
    rule({ scheme: "gitlab", tolerance_seconds: 5, replay: { window_seconds: 5 } }),
    /^hmac-auth: \/rules\/0\/scheme: expected a preset[^\n]*$/,
  ),
  refuses(
    "of a rule whose scheme is no scheme nothing else is said",
    rule({ scheme: 1, tolerance_seconds: 5, replay: { window_seconds: 5 } }),
    /^hmac-auth: \/rules\/0\/scheme: expected an object, found a number$/,
  ),
  refuses(
    "of a time without place nothing else is said",
    scheme({ list, string_to_sign: stamped, timestamp: { unit: "s" } }),
    /^hmac-auth: \/rules\/0\/scheme\/timestamp: expected one of[^\n]*$/,
  ),
  refuses(
    "of consumers that are none nothing else is said",
    { rules: [{ scheme: "kong", consumers: {}, allow: ["alice"] }] },
    /^hmac-auth: \/rules\/0\/consumers: expected an array, found an object$/,
  ),
  refuses(
    "every mistake of the rules is told at once",
    { rules: [github, { scheme: 1 }], hold: 1 },
    /\/hold: [\s\S]*\/rules\/1\/scheme: expected an object/,
  ),
];
