/** Gives our own host what a client sends, as the network would. */
import { HeaderMap, type HttpStream, requestHeaders } from "@proxy-wasm-kit/host";
import { checkMetadata } from "./http2-metadata.ts";
import type { HeaderLine, ProxyRequest } from "./types.ts";

/** The largest DATA frame an HTTP/2 client sends without being told otherwise (RFC 9113, section 6.5.2). */
const maxFrameBytes = 16_384;
/** Envoy hands over an HTTP/1 body as it has arrived, however large: 300 kB in one callback on Envoy 1.39.3. */
const maxPieceBytes = { http1: Number.POSITIVE_INFINITY, http2: maxFrameBytes };

/** Gives a stream its request as the network would: what arrives together in one go, the rest with turns between. */
export async function feed(stream: HttpStream, request: ProxyRequest, protocol: "http1" | "http2"): Promise<void> {
  const { method = "GET", path = "/", authority = "example.com", body, trailers, unfinished = false } = request;
  checkMetadata(request, protocol);
  const isWhole = typeof body === "string" || body instanceof Uint8Array;
  const pieces = (isWhole ? [body] : (body ?? []))
    .map((piece) => Buffer.from(piece))
    .filter(({ length }) => length > 0);
  const headers = [...(request.headers ?? [])];
  if (isWhole && !has(headers, "content-length")) headers.push(["content-length", String(pieces[0]?.length ?? 0)]);
  const isBodiless = !unfinished && pieces.length === 0 && trailers === undefined && (body === undefined || isWhole);
  stream.requestHeaders(requestHeaders({ method, path, authority, headers }, protocol), isBodiless);
  if (isBodiless) return;
  if (request.metadata !== undefined) stream.requestMetadata(request.metadata);
  // A client that cuts the body in pieces, or has nothing to send yet, sends the headers ahead.
  if (!isWhole) await turn(request.paceMs);
  const endsWithData = isWhole && protocol === "http2" && trailers === undefined && !unfinished;
  for (const piece of pieces) {
    feedPiece(stream, piece, protocol, endsWithData);
    if (!isWhole) await turn(request.paceMs);
  }
  if (unfinished || endsWithData) return;
  if (trailers === undefined) stream.requestData(new Uint8Array(), true);
  else stream.requestTrailers(new HeaderMap("requestTrailers", trailers));
}

function feedPiece(stream: HttpStream, piece: Uint8Array, protocol: "http1" | "http2", isLast: boolean): void {
  const max = maxPieceBytes[protocol];
  for (let at = 0; at < piece.length; at += max) {
    stream.requestData(piece.subarray(at, at + max), isLast && at + max >= piece.length);
  }
}

/** A client that sends in pieces leaves time between them. */
export const turnMs = 1;
export const turn = (ms = turnMs) => new Promise((resolve) => setTimeout(resolve, ms));

const has = (lines: readonly HeaderLine[], name: string) => lines.some(([other]) => other.toLowerCase() === name);
