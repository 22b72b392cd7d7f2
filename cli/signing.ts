/**
 * Signs a request as a sender would, by running hmac-auth itself: once in `mode: sign`, and behind it once more to verify,
 * so that nothing is printed that would be refused.
 */
import { type Clock, realClock } from "@proxy-wasm-kit/host";
import { ConfigurationRefused, type Exchange, type HeaderLine, hostEngine } from "@proxy-wasm-kit/testing";
import { Failure } from "./failure.ts";

/** Schemes with a list of keys, in the order of the filter's documentation; a test holds both lists equal to its schema. */
export const presets = [
  ...["github", "meta", "intercom", "stripe", "slack", "zoom", "shopify", "standard-webhooks", "svix", "twilio"],
  ...["square", "dropbox", "linear", "pagerduty", "paddle", "hubspot-v3", "vercel", "woocommerce", "webflow"],
  "elevenlabs",
] as const;

/** Schemes with consumers, each with a key id that requests name. */
export const canonicalSchemes = ["kong", "apisix", "cavage", "higress", "rfc9421", "aws-sigv4"] as const;

export interface Signing {
  readonly module: string;
  readonly scheme: string;
  readonly key: string;
  readonly keyEncoding?: string;
  /** Of canonical schemes. */
  readonly keyId?: string;
  /** Of aws-sigv4. */
  readonly region?: string;
  readonly service?: string;
  readonly method: string;
  /** Scheme and authority, such as "https://hooks.example.com". */
  readonly origin: string;
  /** With its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  /** Default: now. */
  readonly clock?: Clock;
}

export interface Signed {
  /** What a sender adds, in order. */
  readonly headers: readonly HeaderLine[];
  /** Of those that were given, what is still sent: a date, say, gives way to the one that is signed. */
  readonly kept: readonly HeaderLine[];
  /** What the filter says besides, such as that a key is short. */
  readonly warnings: readonly string[];
}

/** Where the key lies in the module's environment; so it is in no message of the filter, which tells of the configuration. */
const keyVariable = "KEY";

/** Throws a `Failure` when the filter refuses the key or the request. */
export async function sign(signing: Signing): Promise<Signed> {
  const { module, scheme, key, method, origin, path, headers, body } = signing;
  const proxy = await hostEngine
    .start({
      filters: ["sign", "verify"].map((mode) => ({
        name: "hmac-auth",
        wasm: module,
        configuration: configurationOf(mode, signing),
        environment: { [keyVariable]: key },
      })),
      clock: signing.clock ?? realClock,
      // No body is too large to be signed.
      bufferLimitBytes: body.length + 1,
    })
    .catch((error: unknown) => {
      throw error instanceof ConfigurationRefused ? refusalOf(signing, error) : error;
    });
  try {
    const authority = origin.replace(/^https?:\/\//, "");
    const exchange = await proxy.send({ method, path, authority, headers, body });
    if (exchange.outcome !== "forwarded" || exchange.upstream === null) throw notSigned(scheme, exchange);
    const warnings = proxy.startLogs.filter(({ level }) => level === "warn").map(({ message }) => inOwnWords(message));
    return { ...partition(exchange.upstream.headers, headers), warnings: [...new Set(warnings)] };
  } finally {
    await proxy.close();
  }
}

function configurationOf(mode: string, signing: Signing): unknown {
  const { scheme, keyEncoding, keyId, region, service, origin, body } = signing;
  const keys = [{ env: keyVariable, ...(keyEncoding !== undefined && { encoding: keyEncoding }) }];
  const isPreset = (presets as readonly string[]).includes(scheme);
  const rule = isPreset
    ? { scheme, keys }
    : {
        scheme,
        consumers: [{ name: "sender", key_id: keyId, keys }],
        ...(region !== undefined && { region }),
        ...(service !== undefined && { service }),
      };
  return { mode, identity_header: "", public_base_url: origin, max_body_bytes: body.length + 1, rules: [rule] };
}

/** In the words of the command line where it is at fault. */
function refusalOf({ scheme, module }: Signing, refused: ConfigurationRefused): Failure {
  const [said = refused.message] = refused.logs.filter(({ level }) => level === "error").map(({ message }) => message);
  const [, path = "", found = said] = /^hmac-auth: (\/\S+): (.*)$/.exec(said) ?? [];
  if (path.endsWith("/scheme")) return new Failure(`--scheme: ${module} verifies ${scheme}, but does not sign it`);
  if (path.includes("/keys/"))
    return new Failure(`${path.endsWith("/encoding") ? "--key-encoding" : "--key"}: ${found}`);
  return new Failure(`${module}: ${said}`);
}

/** There is one rule with one key, and the user has written neither. */
const inOwnWords = (warning: string): string =>
  warning.replace(/^hmac-auth: rule 0(, consumer sender)?: key 0 /, "--key: it ");

const hints: Readonly<Record<string, string>> = {
  empty_body: "give the body that is to be signed: --body",
  body_not_signed: "the scheme does not sign such a body; twilio needs bodySHA256 in the query of --url, or a form",
  missing_component: "a header that the scheme signs is not there: --header",
  insufficient_coverage: "a parameter comes twice, and the scheme signs only the first: --url, or the form in --body",
  missing_timestamp: "the time is in the body, and is not there: --body",
  malformed_timestamp: "the time is in the body, and is none: --body",
  timestamp_too_old: "the time in the body is too old: --body, or --now",
  timestamp_in_future: "the time in the body is in the future: --body, or --now",
};

function notSigned(scheme: string, { details, failures }: Exchange): Failure {
  const reason = details?.replace(/^hmac_auth:/, "") ?? failures[0] ?? "no reason given";
  const hint = hints[reason];
  return new Failure(`${scheme}: the request cannot be signed (${reason})${hint === undefined ? "" : `: ${hint}`}`);
}

/** Added by any proxy, or by the client when it sends. */
const others: ReadonlySet<string> = new Set(["content-length", "x-forwarded-proto", "x-request-id"]);

function partition(received: readonly HeaderLine[], sent: readonly HeaderLine[]) {
  const isIn = (lines: readonly HeaderLine[]) => {
    const known = new Set(lines.map((line) => line.join(": ")));
    return (line: HeaderLine) => known.has(line.join(": "));
  };
  const [wasSent, wasReceived] = [isIn(sent), isIn(received)];
  return {
    headers: received.filter((line) => !others.has(line[0]) && !wasSent(line)),
    kept: sent.filter((line) => others.has(line[0]) || wasReceived(line)),
  };
}
