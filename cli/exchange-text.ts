/** An exchange as a person reads it, and as JSON has it. */
import {
  type CallbackRecord,
  type Exchange,
  type HeaderLine,
  type TracedCall,
  traceText,
} from "@proxy-wasm-kit/testing";

/** What `pwk request -o json` prints. Engine-specific: `engine`, and in `callbacks` how the body was cut into pieces. */
export interface RequestResult {
  readonly engine: string;
  /** Null when the filter refused its configuration: then `configError` says why, and nothing was sent. */
  readonly outcome: Exchange["outcome"] | null;
  readonly status: number;
  /** Envoy's `%RESPONSE_CODE_DETAILS%`. */
  readonly details: string | null;
  readonly response: Message | null;
  /** Null when upstream has seen nothing. */
  readonly upstream: (Message & { method: string; path: string; authority: string; complete: boolean }) | null;
  readonly logs: Exchange["logs"];
  readonly metrics: Readonly<Record<string, number>>;
  readonly callbacks: readonly CallbackRecord[];
  /** Traps, with their backtrace where the module has names. */
  readonly failures: readonly string[];
  readonly configError: string | null;
  /** With `--trace`: calls into the filter and out of it; of a refused configuration, those of starting. */
  readonly trace?: readonly TracedCall[];
}

interface Message {
  /** In order, repeats kept. */
  readonly headers: readonly HeaderLine[];
  /** Text when the bytes are UTF-8; otherwise `bodyBase64` has them. */
  readonly body?: string;
  readonly bodyBase64?: string;
  readonly trailers: readonly HeaderLine[];
}

export function resultOf(engine: string, exchange: Exchange, metrics: Record<string, number>): RequestResult {
  const { outcome, status, details, upstream, logs, callbacks, failures, trace } = exchange;
  return {
    engine,
    outcome,
    status,
    details,
    response: message(exchange),
    upstream: upstream && {
      method: upstream.method,
      path: upstream.path,
      authority: upstream.authority,
      ...message(upstream),
      complete: upstream.complete,
    },
    logs,
    metrics: Object.fromEntries(Object.entries(metrics).sort(([one], [other]) => (one < other ? -1 : 1))),
    callbacks,
    failures,
    configError: null,
    ...(trace && { trace }),
  };
}

export function refusedResult(
  engine: string,
  configError: string,
  heard: Pick<Exchange, "logs" | "trace">,
): RequestResult {
  const nothing = { outcome: null, status: 0, details: null, response: null, upstream: null };
  return { engine, ...nothing, metrics: {}, callbacks: [], failures: [], configError, ...heard };
}

export function resultText(result: RequestResult): string {
  const traced = result.trace === undefined ? [] : ["", "trace", indented(traceText(result.trace))];
  if (result.configError !== null) {
    return [`${result.engine}: the configuration was refused:`, result.configError, ...traced].join("\n");
  }
  const lines = [`${result.status} ${result.outcome} (${result.details ?? "no details"}) by ${result.engine}`];
  lines.push(...(result.response ? messageText(result.response) : []), "");
  const { upstream } = result;
  lines.push(
    upstream
      ? `upstream received ${upstream.method} ${upstream.authority}${upstream.path}`
      : "upstream received nothing",
  );
  if (upstream) lines.push(...messageText(upstream));
  lines.push("", "callbacks", ...result.callbacks.map((callback) => `  ${callbackText(callback)}`));
  if (result.failures.length > 0) lines.push("failures", ...result.failures.map((text) => indented(text)));
  lines.push("logs", ...result.logs.map(({ level, message: text }) => `  ${level} ${text}`));
  lines.push("metrics", ...Object.entries(result.metrics).map(([name, value]) => `  ${name} ${value}`));
  return [...lines, ...traced].join("\n");
}

/** The text of a byte string where it is UTF-8; otherwise a character for each byte. */
function textOf(bytes: string): string {
  const text = Buffer.from(bytes, "latin1").toString("utf8");
  return Buffer.from(text, "utf8").toString("latin1") === bytes ? text : bytes;
}

const textLines = (lines: readonly HeaderLine[]) => lines.map(([name, value]): HeaderLine => [name, textOf(value)]);

function message(source: Pick<Exchange, "headers" | "body" | "trailers">): Message {
  const { headers, body, trailers } = source;
  const text = Buffer.from(body).toString("utf8");
  const isText = Buffer.from(text, "utf8").equals(body);
  return {
    headers: textLines(headers),
    ...(isText ? { body: text } : { bodyBase64: Buffer.from(body).toString("base64") }),
    trailers: textLines(trailers),
  };
}

function messageText({ headers, body, bodyBase64, trailers }: Message): string[] {
  const line = ([name, value]: HeaderLine) => `  ${name}: ${value}`;
  const shown = body === undefined ? `(base64) ${bodyBase64}` : body;
  return [...headers.map(line), ...(shown === "" ? [] : ["", `  ${shortened(shown)}`]), ...trailers.map(line)];
}

const indented = (text: string) => text.replace(/^/gm, "  ");

/** A long body is shown by its beginning. */
const shortened = (text: string) =>
  text.length <= 2000 ? text.trimEnd() : `${text.slice(0, 2000)} ... (${text.length} in all)`;

const headersStatus = [
  "Continue",
  "StopIteration",
  "ContinueAndEndStream",
  "StopAllIterationAndBuffer",
  "StopAllIterationAndWatermark",
];
const dataStatus = ["Continue", "StopIterationAndBuffer", "StopIterationAndWatermark", "StopIterationNoBuffer"];
const trailersStatus = ["Continue", "StopIteration"];

/** "proxy_on_request_headers(2, 7, 0) = 1 StopIteration". */
function callbackText({ name, arguments: values, result }: CallbackRecord): string {
  const call = `${name}(${values.join(", ")})`;
  if (result === undefined) return call;
  const names = /_headers$/.test(name) ? headersStatus : /_body$/.test(name) ? dataStatus : trailersStatus;
  const status = /^proxy_on_re(quest|sponse)_/.test(name) ? ` ${names[result] ?? ""}` : "";
  return `${call} = ${result}${status}`;
}
