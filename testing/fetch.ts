/** Requests and responses as the platform has them, and as exchanges have them. */
import type { Exchange, HeaderLine, ProxyRequest, UpstreamRequest, UpstreamResponse } from "./types.ts";

const base = "http://example.com";

/**
 * What `fetch` would send, without what clients add on their own (`user-agent`, `accept` ...). A path goes to example.com. A
 * body that is a stream is sent in its pieces; any other whole, with its length.
 */
export async function requestOf(input: string | URL | Request, init: RequestInit = {}): Promise<ProxyRequest> {
  const target = typeof input === "string" ? new URL(input, base) : input;
  const isStream = init.body instanceof ReadableStream;
  // Known to Node's `Request`, not to the types of browsers.
  const half: object = isStream ? { duplex: "half" } : {};
  const request = new Request(target, { ...init, ...half });
  const { pathname, search, host } = new URL(request.url);
  const headers = [...request.headers];
  return {
    method: request.method,
    path: pathname + search,
    authority: request.headers.get("host") ?? host,
    headers: headers.filter(([name]) => name !== "host"),
    ...(request.body !== null && {
      body: isStream ? await piecesOf(request.body) : new Uint8Array(await request.arrayBuffer()),
    }),
  };
}

async function piecesOf(stream: ReadableStream<Uint8Array>): Promise<Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream as unknown as AsyncIterable<Uint8Array>) pieces.push(piece);
  return pieces;
}

const statusesWithoutBody = [101, 103, 204, 205, 304];

/** Throws a `TypeError`, as `fetch` does, when no complete response came. */
export function responseOf(exchange: Exchange): Response {
  const { outcome, status, headers, body, details } = exchange;
  if (outcome === "reset") throw new TypeError(`fetch failed: the stream was reset (${details ?? "no details"})`);
  const isPlain = status >= 200 && status <= 599;
  const response = new Response(statusesWithoutBody.includes(status) ? null : new Uint8Array(body), {
    status: isPlain ? status : 200,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
  });
  // Filters may answer with what `Response` cannot be made with.
  return isPlain ? response : Object.defineProperty(response, "status", { value: status });
}

/** What upstream is asked. A `Request` has no body for GET and HEAD; `x-forwarded-proto` and the like are left out. */
export function upstreamRequest({ method, path, authority, headers, body }: UpstreamRequest): Request {
  const mayHaveBody = body.length > 0 && method !== "GET" && method !== "HEAD";
  return new Request(`http://${authority}${path}`, {
    method,
    headers: headers.map(([name, value]): [string, string] => [name, value]),
    ...(mayHaveBody && { body: new Uint8Array(body) }),
  });
}

/** Throws when it is the response of an error (`Response.error()`). */
export async function upstreamResponse(response: Response): Promise<UpstreamResponse> {
  if (response.type === "error") throw new Error("upstream answered with an error");
  const headers = Array.from(response.headers, ([name, value]): HeaderLine => [name, value]);
  return { status: response.status, headers, body: new Uint8Array(await response.arrayBuffer()) };
}
