/** HTTP/2 with prior knowledge over node:http2. Repeated names stay apart, but are sent next to each other. */
import { type ClientHttp2Stream, connect, type OutgoingHttpHeaders } from "node:http2";
import { connect as connectTcp } from "node:net";
import { type ClientResponse, emptyResponse, type PlainRequest } from "./client.ts";
import { withMetadata } from "./http2-metadata.ts";
import { paced } from "./pace.ts";
import type { HeaderLine } from "./types.ts";

export async function sendHttp2(port: number, request: PlainRequest, patienceMs: number): Promise<ClientResponse> {
  const { metadata } = request;
  const socket = () => connectTcp({ port, host: "127.0.0.1", noDelay: true });
  const session = connect(
    `http://127.0.0.1:${port}`,
    metadata && { createConnection: () => withMetadata(socket(), metadata, "client") },
  );
  session.on("error", () => {}); // The stream tells how it went.
  const closed = new Promise((resolve) => session.once("close", resolve));
  const response = emptyResponse();
  const isBodiless = request.isFinished && request.hasLength && request.pieces.length === 0;
  const stream = session.request(requestHeaders(request), {
    endStream: isBodiless && request.trailers.length === 0,
    waitForTrailers: request.trailers.length > 0,
  });
  const timer = setTimeout(() => session.destroy(), patienceMs);
  const end = responseEnd(stream, response);
  if (!isBodiless || request.trailers.length > 0) write(stream, request).catch(() => {});
  await end;
  clearTimeout(timer);
  session.destroy();
  await closed;
  return response;
}

function requestHeaders({ authority, path, method, headers }: PlainRequest): OutgoingHttpHeaders {
  const all: Record<string, string | string[]> = {
    ":authority": authority,
    ":path": path,
    ":method": method,
    ":scheme": "http",
  };
  for (const [name, value] of headers) {
    const present = all[name.toLowerCase()];
    all[name.toLowerCase()] = present === undefined ? value : [present, value].flat();
  }
  return all;
}

/** Each piece is a write of its own, and waits until the one before has left. */
async function write(stream: ClientHttp2Stream, request: PlainRequest): Promise<void> {
  stream.on("wantTrailers", () => stream.sendTrailers(trailerFields(request.trailers)));
  const [whole] = request.pieces;
  if (request.hasLength && request.isFinished && request.pieces.length === 1) {
    stream.end(whole);
    return;
  }
  for await (const piece of paced(request.pieces, request.paceMs)) {
    await new Promise<void>((resolve, reject) => {
      stream.write(piece, (error) => (error ? reject(error) : resolve()));
    });
  }
  if (request.isFinished) stream.end();
}

function trailerFields(trailers: readonly HeaderLine[]): OutgoingHttpHeaders {
  const all: Record<string, string[]> = {};
  for (const [name, value] of trailers) all[name] = [...(all[name] ?? []), value];
  return all;
}

/** Fills `response` as it comes; resolves at its end, or when the stream was reset. */
function responseEnd(stream: ClientHttp2Stream, response: ClientResponse): Promise<void> {
  stream.on("response", (headers, _flags, raw?: string[]) => {
    response.status = Number(headers[":status"]);
    response.headers = headerLines(raw ?? []).filter(([name]) => !name.startsWith(":"));
  });
  stream.on("trailers", (_trailers, _flags, raw?: string[]) => {
    response.trailers = headerLines(raw ?? []);
  });
  stream.on("data", (chunk: Buffer) => {
    response.body = Buffer.concat([response.body, chunk]);
  });
  return new Promise((resolve) => {
    stream.on("error", () => {});
    stream.on("end", () => {
      response.isComplete = response.status !== 0 && stream.rstCode === 0 && !stream.destroyed;
      resolve();
    });
    stream.on("close", resolve);
  });
}

/** Pairs of a flat list. */
function headerLines(raw: readonly string[]): HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (let at = 0; at < raw.length; at += 2) lines.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return lines;
}
