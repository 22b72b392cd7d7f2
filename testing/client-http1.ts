/** HTTP/1.1 on a bare socket: node:http would reorder, join and refuse what a test means to send. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ClientResponse, emptyResponse, hasHeader, type PlainRequest } from "./client.ts";
import { headerValue, MalformedMessage, readChunks, readHeaders, SocketReader } from "./http1-reader.ts";
import { paced } from "./pace.ts";

export async function sendHttp1(port: number, request: PlainRequest, patienceMs: number): Promise<ClientResponse> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const timer = setTimeout(() => socket.destroy(), patienceMs);
  const response = emptyResponse();
  try {
    await once(socket, "connect");
    // The proxy may answer and hang up before it has the whole request: reading tells how it went.
    write(socket, request).catch(() => {});
    await read(new SocketReader(socket), request.method, response);
  } catch (error) {
    if (error instanceof MalformedMessage) throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  return response;
}

/** Each piece is a write of its own, and waits until the one before is with the kernel. */
async function write(socket: Socket, request: PlainRequest): Promise<void> {
  const { method, path, authority, headers, pieces, paceMs, trailers, hasLength, isFinished, isUpgrade } = request;
  const isChunked = !hasLength && !isUpgrade && !hasHeader(headers, "transfer-encoding");
  const lines = [["host", authority], ...headers, ...(isChunked ? [["transfer-encoding", "chunked"]] : [])];
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n",
  );
  const whole = hasLength && pieces.length === 1 ? pieces[0] : undefined;
  if (whole !== undefined) return flush(socket, Buffer.concat([Buffer.from(head, "latin1"), whole]));
  await flush(socket, Buffer.from(head, "latin1"));
  for await (const piece of paced(pieces, paceMs)) {
    const size = `${piece.length.toString(16)}\r\n`;
    await flush(socket, isChunked ? Buffer.concat([Buffer.from(size), piece, Buffer.from("\r\n")]) : piece);
  }
  if (!isChunked || !isFinished) return;
  const last = ["0", ...trailers.map(([name, value]) => `${name}: ${value}`), "", ""].join("\r\n");
  await flush(socket, Buffer.from(last, "latin1"));
}

const flush = (socket: Socket, bytes: Uint8Array): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.write(bytes, (error) => (error ? reject(error) : resolve()));
  });

/** Fills `response` as it comes; returns at its end, or where the connection ended. */
async function read(reader: SocketReader, method: string, response: ClientResponse): Promise<void> {
  let status = 0;
  do {
    const statusLine = await reader.line();
    const code = /^HTTP\/1\.1 (\d{1,4}) .*$/.exec(statusLine)?.[1];
    if (code === undefined) throw new MalformedMessage(`not a status line of HTTP/1.1: ${JSON.stringify(statusLine)}`);
    const headers = await readHeaders(reader);
    status = Number(code);
    if (!isInformational(status)) Object.assign(response, { status, headers });
  } while (isInformational(status));
  const append = (bytes: Buffer) => {
    response.body = Buffer.concat([response.body, bytes]);
  };
  const length = headerValue(response.headers, "content-length");
  if (method === "HEAD" || [204, 304].includes(response.status)) {
    // These end with their headers, whatever those say.
  } else if (response.status === 101) {
    await reader.toEnd(append);
  } else if (headerValue(response.headers, "transfer-encoding") === "chunked") {
    response.trailers = await readChunks(reader, append);
  } else if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw new MalformedMessage(`content-length is not a number: "${length}"`);
    await reader.bytes(Number(length), append);
  } else {
    await reader.toEnd(append);
  }
  response.isComplete = true;
}

/** Responses before the response, such as 100 (Continue); 101 is final. */
const isInformational = (status: number): boolean => status >= 100 && status < 200 && status !== 101;
