/** What is compared: an exchange as lines of text, without what cannot be the same. */
import type { Exchange, HeaderLine, UpstreamRequest } from "@proxy-wasm-kit/testing";

const parts = ["result", "response", "upstream", "calls"] as const;
export type Part = (typeof parts)[number];

/** Lines by what they tell. */
export interface Seen extends Readonly<Record<Part, readonly string[]>> {
  /** The engine has not survived it. */
  readonly isFailed: boolean;
}

export function seen({ outcome, status, details, headers, body, trailers, upstream, logs, callbacks }: Exchange): Seen {
  const contexts = new Map<number, number>();
  /** Contexts in the order they appear: their ids are those of all requests so far. */
  const local = (id: number) => contexts.get(id) ?? contexts.set(id, contexts.size).size - 1;
  return {
    isFailed: false,
    result: [`${outcome} ${status} ${details}`],
    response: [...lines(headers), text(body), ...lines(trailers, "trailer ")],
    upstream: upstream === null ? ["nothing"] : upstreamLines(upstream),
    calls: [
      ...callbacks.map(({ name, arguments: [id = 0, ...values], result }) => {
        const call = `${local(id)} ${name.replace(/^proxy_on_/, "")}(${name.endsWith("create") ? "" : values.join(",")})`;
        return result === undefined ? call : `${call}=${result}`;
      }),
      ...logs.map(({ level, message }) => `${level} ${message}`.replace(/date=[^ ]*/g, "date=...")),
    ],
  };
}

function upstreamLines({ method, path, authority, headers, body, trailers, complete }: UpstreamRequest): string[] {
  return [
    `${method} ${authority} ${path} ${complete ? "complete" : "cut off"}`,
    ...lines(headers.filter(([name]) => name !== "x-script")),
    text(body),
    ...lines(trailers, "trailer "),
  ];
}

const lines = (headers: readonly HeaderLine[], prefix = ""): string[] =>
  headers.map(([name, value]) => `${prefix}${name}: ${quoted(value)}`);

const text = (body: Uint8Array): string =>
  `body ${body.length} ${quoted(
    Buffer.from(body)
      .toString("latin1")
      .replace(/(.)\1{20,}/g, (run, char) => `<${char}*${run.length}>`),
  )}`;

const quoted = (value: string): string =>
  JSON.stringify(value).replace(/[\u007f-\u00ff]/g, (c) => `\\x${c.charCodeAt(0).toString(16)}`);

/** The parts that differ. */
export const differences = (host: Seen, envoy: Seen): Part[] =>
  parts.filter((part) => JSON.stringify(host[part]) !== JSON.stringify(envoy[part]));
