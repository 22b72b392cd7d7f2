/** Why a registry cannot be reached or refuses, in words that say what to do. */
import { RegistryFailure } from "./failure.ts";
import { TransientFailure } from "./retry.ts";

/** Too many requests, or a server that is not well. */
export const isTransientStatus = (status: number): boolean => [408, 429, 500, 502, 503, 504].includes(status);

const meanings: Readonly<Record<number, string>> = {
  403: "is not allowed",
  404: "is not there, or not for these credentials",
  405: "the registry does not do this",
  413: "is too large for the registry, or for a proxy before it",
  429: "too many requests",
};

/** The status, and the registry's own words: `{"errors":[{"code":"DENIED","message":"…"}]}`. */
export function explainRefusal(status: number, body: string): string {
  const meaning = meanings[status];
  const words = registryWords(body);
  return [`${status}`, ...(meaning === undefined ? [] : [meaning]), ...(words === "" ? [] : [words])].join(": ");
}

function registryWords(body: string): string {
  let words: string;
  try {
    const { errors } = JSON.parse(body) as { errors: readonly { code?: unknown; message?: unknown }[] };
    words = errors
      .map(({ code, message }) => [code, message].filter((part) => typeof part === "string").join(" "))
      .join("; ");
  } catch {
    // Proxies answer with pages.
    words = /<\w/.test(body) ? "" : body;
  }
  // Control characters would reach the terminal.
  return words
    .replace(/\p{Cc}+/gu, " ")
    .trim()
    .slice(0, 300);
}

/** What `fetch` throws, as a failure; the reason is in the error's cause. */
export function explainUnreachable(host: string, error: unknown): RegistryFailure {
  if (error instanceof RegistryFailure) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const { code = "", name, message } = cause as NodeJS.ErrnoException;
  if (code === "ENOTFOUND")
    return new RegistryFailure(`${host}: the name is unknown: check the spelling, or the DNS here`);
  if (/^(EPROTO|ERR_SSL_)/.test(code)) {
    return new RegistryFailure(`${host}: does not speak TLS (${code}): give --plain-http if that is meant`);
  }
  if (/CERT|SIGNATURE|ERR_TLS/.test(code)) {
    return new RegistryFailure(
      `${host}: its certificate is not trusted (${code}): NODE_EXTRA_CA_CERTS=<file> adds an authority`,
    );
  }
  if (name === "TimeoutError") return new TransientFailure(`${host}: gave no answer in time`);
  if (/^(E[A-Z]+|UND_ERR_)/.test(code)) return new TransientFailure(`${host}: the connection failed (${code})`);
  return new RegistryFailure(`${host}: cannot be reached: ${message}`);
}
