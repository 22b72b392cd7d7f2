/** hmac-auth: configurations it refuses, with the place and the reason in the log and no value. */
import type { RefusalScenario } from "../scenario.ts";
import { header, key, withConfiguration, withFields } from "./hmac-auth-set-up.ts";

const refuses = (
  name: string,
  configuration: unknown,
  refused: RegExp,
  environment?: Record<string, string>,
): RefusalScenario => ({
  name: `hmac-auth: ${name}`,
  setUp: withConfiguration(configuration, environment),
  refused,
});

const both = { signing_key: key, signature_header: header };

export const hmacAuthConfiguration: readonly RefusalScenario[] = [
  refuses(
    "an empty key is refused",
    { ...both, signing_key: "" },
    /\/signing_key: expected a key, found an empty or blank one/,
  ),
  refuses(
    "a blank key is refused",
    { ...both, signing_key: " \t\n" },
    /\/signing_key: expected a key, found an empty or blank one/,
  ),
  refuses("a missing key is refused", { signature_header: header }, /\/signing_key: expected a string, found nothing/),
  refuses(
    "a missing header name is refused",
    { signing_key: key },
    /\/signature_header: expected a string, found nothing/,
  ),
  refuses(
    "a key that is a number is refused",
    { ...both, signing_key: 12345678 },
    /\/signing_key: expected a string, found a number/,
  ),
  refuses(
    "a header name with a blank is refused",
    { ...both, signature_header: "X Sig" },
    /\/signature_header: expected the name of a header/,
  ),
  refuses(
    "a pseudo header is refused",
    { ...both, signature_header: ":path" },
    /\/signature_header: expected the name of a header/,
  ),
  refuses(
    "the name of the host's header is refused",
    { ...both, signature_header: "Host" },
    /\/signature_header: expected another header/,
  ),
  refuses(
    "an unknown key is refused",
    { ...both, signing_keys: [] },
    /\/signing_keys: unknown key; known are signing_key/,
  ),
  refuses("an unknown way to hold is refused", { ...both, hold: "all" }, /\/hold: expected one of "headers" "body"/),
  refuses(
    "a limit of 0 is refused",
    { ...both, max_body_bytes: 0 },
    /\/max_body_bytes: expected a whole number from 1 to 2147483647/,
  ),
  refuses(
    "a negative timeout is refused",
    { ...both, body_timeout_ms: -1 },
    /\/body_timeout_ms: expected a whole number from 1 to 3600000/,
  ),
  refuses("a fraction is refused", { ...both, body_timeout_ms: 1.5 }, /\/body_timeout_ms: expected a whole number/),
  refuses(
    "an environment variable that is not set is refused",
    { signing_key_env: "NO_SUCH_KEY", signature_header: header },
    /\/signing_key_env: expected a variable of the proxy's environment, found one that is not set/,
    { HMAC_KEY: key },
  ),
  refuses(
    "an empty environment variable is refused",
    { signing_key_env: "HMAC_KEY", signature_header: header },
    /\/signing_key_env: expected a key, found an empty or blank one/,
    { HMAC_KEY: "" },
  ),
  refuses(
    "a key and an environment variable at once are refused",
    { ...both, signing_key_env: "HMAC_KEY" },
    /\/signing_key: expected signing_key or signing_key_env, found both/,
    { HMAC_KEY: key },
  ),
  {
    name: "hmac-auth: every mistake is told at once",
    setUp: withFields({ signing_key: "", hold: 1, extra: null }),
    refused: /\/signing_key: [\s\S]*\/hold: [\s\S]*\/extra: unknown key/,
  },
  refuses("an array is refused", [], /\/: expected an object, found an array/),
  refuses("a text that is no JSON is refused", "signing_key: x", /line 1, column 1: expected a value/),
  refuses("no configuration is refused", undefined, /\/: expected an object, found nothing/),
];
