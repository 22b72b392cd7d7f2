/** What each matcher wants, and whether it is so. */
import type { OpenExchange } from "../host-stream.ts";
import { TestProxy } from "../test-proxy.ts";
import type { CallbackRecord, Exchange, HeaderLine, LogLevel, LogLine } from "../types.ts";
import { equals, exchangeIn, matches, type Pattern, textOf } from "./subject.ts";

export interface Verdict {
  readonly pass: boolean;
  /** Behind "expected": "upstream [not] to have got ...", with a `%not` where the denial goes. */
  readonly wanted: string;
  /** Behind "found". */
  readonly found: string;
  /** What happened; null when it is not about one exchange. */
  readonly exchange: Exchange | OpenExchange | null;
}

/** The request went on to upstream, and nothing holds or answers it. */
export function toHaveContinued(subject: unknown): Verdict {
  const exchange = exchangeIn(subject);
  const isHeld = "paused" in exchange && exchange.paused.request;
  return {
    pass: exchange.upstream !== null && exchange.outcome !== "local" && !isHeld,
    wanted: "the request %not to have gone on to upstream",
    found: isHeld ? "a filter holds it" : outcomeText(exchange),
    exchange,
  };
}

/** A filter, or the proxy, answered in place of upstream; `details` are of `%RESPONSE_CODE_DETAILS%`. */
export function toHaveLocalResponse(subject: unknown, status?: number, details?: Pattern): Verdict {
  const exchange = exchangeIn(subject);
  const isStatus = status === undefined || exchange.status === status;
  const isDetails = details === undefined || equals(details, exchange.details ?? "");
  return {
    pass: exchange.outcome === "local" && isStatus && isDetails,
    wanted: `%not a local response${status === undefined ? "" : ` ${status}`}${details === undefined ? "" : ` (${details})`}`,
    found: outcomeText(exchange),
    exchange,
  };
}

/** Upstream has got the header, one of its lines having this value. Lower case. */
export function toHaveForwardedHeader(subject: unknown, name: string, value?: Pattern): Verdict {
  const exchange = exchangeIn(subject);
  const lines = exchange.upstream?.headers ?? [];
  const same = lines.filter(([other]) => other === name.toLowerCase());
  const isValue = ([, found]: HeaderLine) =>
    value === undefined || equals(value, found) || equals(value, textOf(found));
  return {
    pass: same.some(isValue),
    wanted: `upstream %not to have got the header ${name}${value === undefined ? "" : `: ${value}`}`,
    found: exchange.upstream === null ? "nothing reached it" : linesText(same.length > 0 ? same : lines),
    exchange,
  };
}

/** Upstream has got this body, all of it; an expression: it matches its text. */
export function toHaveUpstreamBody(subject: unknown, body: Pattern | Uint8Array): Verdict {
  const exchange = exchangeIn(subject);
  const { upstream } = exchange;
  const text = Buffer.from(upstream?.body ?? []).toString("utf8");
  const isBody = body instanceof Uint8Array ? Buffer.from(upstream?.body ?? []).equals(body) : equals(body, text);
  const wanted = body instanceof Uint8Array ? Buffer.from(body).toString("utf8") : body;
  return {
    pass: upstream?.complete === true && isBody,
    wanted: `upstream %not to have got the whole body ${typeof wanted === "string" ? JSON.stringify(wanted) : wanted}`,
    found:
      upstream === null ? "nothing reached it" : `${upstream.complete ? "" : "incomplete, "}${JSON.stringify(text)}`,
    exchange,
  };
}

/** A filter has held the request, or the response, in one of its callbacks. */
export function toHavePaused(subject: unknown, direction?: "request" | "response"): Verdict {
  const exchange = exchangeIn(subject);
  const pauses = exchange.callbacks.filter(isPause).filter(({ name }) => name.includes(direction ?? ""));
  return {
    pass: pauses.length > 0,
    wanted: `a filter %not to have paused the ${direction ?? "request or the response"}`,
    found: pauses.map(({ name, result }) => `${name} = ${result}`).join(", ") || "none",
    exchange,
  };
}

/** A filter has logged it, in this exchange; of a proxy: since its start. */
export function toHaveLogged(subject: unknown, pattern: Pattern, level?: LogLevel): Verdict {
  const exchange = subject instanceof TestProxy ? null : exchangeIn(subject);
  const logs = subject instanceof TestProxy ? subject.logs : (exchange?.logs ?? []);
  const isWanted = (line: LogLine) => matches(pattern, line.message) && (level === undefined || line.level === level);
  return {
    pass: logs.some(isWanted),
    wanted: `the filters %not to have logged ${level ?? ""} ${pattern}`.replace("  ", " "),
    found: logs.map((line) => `\n  ${line.level} ${line.message}`).join("") || "nothing",
    exchange,
  };
}

/** A call into a filter was cut short. */
export function toHaveTrapped(subject: unknown, pattern: Pattern = ""): Verdict {
  const exchange = exchangeIn(subject);
  return {
    pass: exchange.failures.some((failure) => matches(pattern, failure)),
    wanted: `a filter %not to have trapped${pattern === "" ? "" : `: ${pattern}`}`,
    found: exchange.failures.join("\n") || "none",
    exchange,
  };
}

/** The value after the exchange; of a proxy, when it is resolved: now. */
export function toHaveMetric(subject: unknown, name: string, value?: number): Verdict | Promise<Verdict> {
  const judge = (metrics: Readonly<Record<string, number>>, exchange: Exchange | null): Verdict => ({
    pass: value === undefined ? name in metrics : metrics[name] === value,
    wanted: `the metric ${name} %not to be ${value ?? "there"}`,
    found: name in metrics ? String(metrics[name]) : `these: ${JSON.stringify(metrics)}`,
    exchange,
  });
  if (subject instanceof TestProxy) return subject.metrics().then((metrics) => judge(metrics, null));
  const exchange = exchangeIn(subject);
  if (!("metrics" in exchange)) throw new TypeError("toHaveMetric: a stream has none, ask its proxy");
  return judge(exchange.metrics as Record<string, number>, exchange as Exchange);
}

function isPause({ name, result = 0 }: CallbackRecord): boolean {
  if (!/^proxy_on_(request|response)_(headers|body|trailers)$/.test(name)) return false;
  const continuesAndEnds = 2; // Envoy takes this status of a headers callback for Continue.
  return result !== 0 && !(name.endsWith("headers") && result === continuesAndEnds);
}

export function outcomeText({ outcome, status, details, upstream }: Exchange | OpenExchange): string {
  if (outcome === "open") return `no response yet, and upstream has ${upstream === null ? "nothing" : "the request"}`;
  const kind = { forwarded: "upstream's response", local: "a local response", reset: "a reset" }[outcome];
  return `${kind} ${status} (${details ?? "no details"})`;
}

const linesText = (lines: readonly HeaderLine[]): string =>
  lines.map(([name, value]) => `\n  ${name}: ${textOf(value)}`).join("") || "no headers";
