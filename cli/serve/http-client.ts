/** Requests of the embedded host over the network: to the upstream, and to the clusters that filters call. */
import { request as begin, type IncomingMessage } from "node:http";
import type { Address } from "@proxy-wasm-kit/envoy";
import type { HeaderLine, UpstreamRequest } from "@proxy-wasm-kit/host";

/** Of a request, and of a response. */
export const maxBodyBytes = 16 * 1024 * 1024;

interface Reply {
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
}

/** Rejects when the connection cannot be made, is lost or given up, and for a body beyond the limit. */
export const sendOn = ({ host, port }: Address, request: UpstreamRequest, signal: AbortSignal): Promise<Reply> =>
  new Promise((resolve, reject) => {
    const { method, path, authority, headers, body, trailers } = request;
    const lines: HeaderLine[] = [
      ["host", authority],
      ...headers.filter(([name]) => !/^(content-length|transfer-encoding|connection)$/.test(name)),
      ["connection", "close"],
    ];
    const isFramed = body.length > 0 || headers.some(([name]) => name === "content-length");
    if (trailers.length > 0) lines.push(["transfer-encoding", "chunked"]);
    else if (isFramed) lines.push(["content-length", String(body.length)]);
    const outgoing = begin({ host, port, method, path, agent: false, signal, headers: lines.flat() });
    outgoing.on("response", (response) => replyOf(response).then(resolve, reject));
    outgoing.on("error", reject);
    if (trailers.length > 0) outgoing.addTrailers(trailers.map(([name, value]) => [name, value] as [string, string]));
    outgoing.end(body);
  });

async function replyOf(response: IncomingMessage): Promise<Reply> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response as AsyncIterable<Uint8Array>) {
    bytes += piece.length;
    if (bytes > maxBodyBytes) throw new Error(`a response of more than ${maxBodyBytes} bytes`);
    pieces.push(piece);
  }
  const headers = headerLines(response.rawHeaders).filter(
    ([name]) => !/^(connection|keep-alive|transfer-encoding)$/.test(name),
  );
  const trailers = headerLines(response.rawTrailers);
  return { status: response.statusCode ?? 0, headers, body: Buffer.concat(pieces), trailers };
}

/** Node's flat list as lines, names in lower case. */
export const headerLines = (raw: readonly string[]): HeaderLine[] =>
  Array.from({ length: raw.length / 2 }, (_, i) => [(raw[2 * i] ?? "").toLowerCase(), raw[2 * i + 1] ?? ""]);
