/** An HTTP/1.1 server on bare sockets: node:http would refuse what filters can make of a request, and Envoy sends. */
import type { Socket } from "node:net";
import { headerValue, MalformedMessage, readChunks, readHeaders, SocketReader } from "./http1-reader.ts";
import { isPieces, joined, paced, pause } from "./pace.ts";
import type { HeaderLine, UpstreamResponse } from "./types.ts";

/** What becomes of one request, told as it comes. */
export interface Http1Arrival {
  data(bytes: Buffer): void;
  /** Returns what to answer, or null when that has been begun. */
  end(trailers: readonly HeaderLine[]): Promise<UpstreamResponse> | UpstreamResponse | null;
  /** Nothing more comes. */
  cutOff(): void;
}

/** The head of a request, in order, names in lower case. */
export interface Http1Head {
  readonly method: string;
  readonly path: string;
  readonly headers: readonly HeaderLine[];
}

/** `arrived` is told each head, and returns what to answer at once, if anything. */
export async function serveHttp1(
  socket: Socket,
  arrived: (head: Http1Head) => { readonly arrival: Http1Arrival; readonly answer: UpstreamResponse | null },
): Promise<void> {
  const reader = new SocketReader(socket);
  let current: Http1Arrival | null = null;
  socket.on("error", () => {});
  try {
    for (;;) {
      const head = await readHead(reader);
      const { arrival, answer } = arrived(head);
      current = arrival;
      const answered = answer && respond(socket, head, answer);
      const isUpgrade = headerValue(head.headers, "upgrade") !== undefined;
      const trailers = isUpgrade ? [] : await readBody(reader, head, (bytes) => arrival.data(bytes));
      current = null;
      const end = await arrival.end(trailers);
      await answered;
      if (end !== null) await respond(socket, head, end);
      // The connection is the client's from here on: upstream has said its body in the new protocol, and hangs up.
      if (isUpgrade) socket.end();
    }
  } catch {
    current?.cutOff();
    socket.destroy();
  }
}

async function readHead(reader: SocketReader): Promise<Http1Head> {
  const line = await reader.line();
  const [, method, path] = /^(\S+) (.*) HTTP\/1\.1$/.exec(line) ?? [];
  if (method === undefined || path === undefined) throw new MalformedMessage(`not a request line: ${line}`);
  return { method, path, headers: await readHeaders(reader) };
}

/** Returns the trailers. */
async function readBody(
  reader: SocketReader,
  { headers }: Http1Head,
  take: (bytes: Buffer) => void,
): Promise<readonly HeaderLine[]> {
  if (headerValue(headers, "transfer-encoding") === "chunked") return readChunks(reader, take);
  await reader.bytes(Number(headerValue(headers, "content-length") ?? 0), take);
  return [];
}

/** Writes the whole response, a list of pieces in its own time. */
async function respond(socket: Socket, { method }: Http1Head, response: UpstreamResponse): Promise<void> {
  const { status, headers = [], body = "", trailers = [], paceMs, delayMs } = framed(response);
  const head = [`HTTP/1.1 ${status} Answer`, ...headers.map(([name, value]) => `${name}: ${value}`), "", ""];
  const headBytes = Buffer.from(head.join("\r\n"), "latin1");
  const hasNoBody = method === "HEAD" || status === 204 || status === 304;
  const isChunked = !hasNoBody && headerValue(headers, "transfer-encoding") === "chunked";
  const lastChunk = Buffer.from(
    ["0", ...trailers.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n"),
    "latin1",
  );
  const chunk = (piece: string | Uint8Array) => (isChunked ? chunkOf(Buffer.from(piece)) : Buffer.from(piece));
  const end = isChunked ? [lastChunk] : [];
  await pause(delayMs);
  if (hasNoBody || !isPieces(body)) {
    const content = hasNoBody || body.length === 0 ? [] : [chunk(joined(body))];
    socket.write(Buffer.concat([headBytes, ...content, ...end]));
    return;
  }
  socket.write(headBytes);
  for await (const piece of paced(body, paceMs)) socket.write(chunk(piece));
  socket.write(Buffer.concat(end));
}

const chunkOf = (piece: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from("\r\n")]);

/** The response with the header that HTTP/1 needs to find its end. */
export function framed(response: UpstreamResponse): UpstreamResponse {
  const { status, headers = [], body = "", trailers } = response;
  const isFramed = headers.some(([name]) => name.toLowerCase() === "content-length");
  if (isFramed || status < 200 || status === 204 || status === 304) return response;
  const isChunked = trailers !== undefined || isPieces(body);
  const framing: HeaderLine = isChunked
    ? ["transfer-encoding", "chunked"]
    : ["content-length", String(joined(body).length)];
  return { ...response, headers: [...headers, framing] };
}
