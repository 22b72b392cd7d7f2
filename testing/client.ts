/** A client that sends exactly what it is told and reports exactly what came back, on a connection of its own. */
import { sendHttp1 } from "./client-http1.ts";
import { sendHttp2 } from "./client-http2.ts";
import { checkMetadata } from "./http2-metadata.ts";
import type { HeaderLine, Metadata, ProxyRequest } from "./types.ts";

/** A response as far as it came. */
export interface ClientResponse {
  /** 0 until the status has come. */
  status: number;
  headers: HeaderLine[];
  body: Buffer;
  trailers: HeaderLine[];
  /** Whether it came to its end. */
  isComplete: boolean;
}

/** A request with its defaults filled in and its body as bytes. */
export interface PlainRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderLine[];
  /** HTTP/2 alone. */
  readonly metadata?: Metadata;
  readonly pieces: readonly Uint8Array[];
  readonly trailers: readonly HeaderLine[];
  /** Behind the headers and each piece. */
  readonly paceMs: number;
  /** The last piece, or the headers, are also the end of the request's body. */
  readonly isFinished: boolean;
  /** Sent with `content-length`, so that HTTP/1 needs no other framing. */
  readonly hasLength: boolean;
  /** A request to change the protocol: nothing follows its headers. */
  readonly isUpgrade: boolean;
}

/**
 * Sends one request to a proxy on loopback. Ends with the response, with the connection, or after `patienceMs`; then
 * the connection is closed. Throws when the request cannot be sent as it is, or the answer is not HTTP.
 */
export async function send(
  port: number,
  protocol: "http1" | "http2",
  request: ProxyRequest,
  patienceMs: number,
): Promise<ClientResponse> {
  const plain = plainRequest(request, protocol);
  return protocol === "http1" ? sendHttp1(port, plain, patienceMs) : sendHttp2(port, plain, patienceMs);
}

export const emptyResponse = (): ClientResponse => ({
  status: 0,
  headers: [],
  body: Buffer.alloc(0),
  trailers: [],
  isComplete: false,
});

export function plainRequest(request: ProxyRequest, protocol: "http1" | "http2"): PlainRequest {
  const { method = "GET", path = "/", authority = "example.com", body, trailers = [], unfinished = false } = request;
  checkMetadata(request, protocol);
  const headers = [...(request.headers ?? [])];
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  if (isWhole && unfinished) throw new Error("an unfinished body has to be a list of pieces, as its length is unknown");
  if (isWhole && trailers.length > 0 && protocol === "http1") {
    throw new Error("trailers over HTTP/1 need a body that is a list of pieces, as they need chunked encoding");
  }
  const pieces = (isWhole ? [body] : (body ?? []))
    .map((piece) => Buffer.from(piece))
    .filter(({ length }) => length > 0);
  if (isWhole && !hasHeader(headers, "content-length"))
    headers.push(["content-length", String(pieces[0]?.length ?? 0)]);
  return {
    method,
    path,
    authority,
    headers,
    ...(request.metadata && { metadata: request.metadata }),
    pieces,
    paceMs: request.paceMs ?? 0,
    trailers,
    isFinished: !unfinished,
    hasLength: hasHeader(headers, "content-length") || (body === undefined && trailers.length === 0 && !unfinished),
    isUpgrade: hasHeader(headers, "upgrade"),
  };
}

export const hasHeader = (lines: readonly HeaderLine[], name: string): boolean =>
  lines.some(([other]) => other.toLowerCase() === name);
