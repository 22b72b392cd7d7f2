/** HTTP/1.1 on a bare socket: node:http would reorder, join and refuse what a test means to send. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type ClientResponse, emptyResponse, hasHeader, type PlainRequest } from "./client.ts";
import type { HeaderLine } from "./types.ts";

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
    if (error instanceof MalformedResponse) throw error;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
  return response;
}

/** What came is not HTTP/1.1 (RFC 9112). */
class MalformedResponse extends Error {}

/** Each piece is a write of its own, and waits until the one before is with the kernel. */
async function write(socket: Socket, request: PlainRequest): Promise<void> {
  const { method, path, authority, headers, pieces, trailers, hasLength, isFinished, isUpgrade } = request;
  const isChunked = !hasLength && !isUpgrade && !hasHeader(headers, "transfer-encoding");
  const lines = [["host", authority], ...headers, ...(isChunked ? [["transfer-encoding", "chunked"]] : [])];
  const head = [`${method} ${path} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), "", ""].join(
    "\r\n",
  );
  const whole = hasLength && pieces.length === 1 ? pieces[0] : undefined;
  if (whole !== undefined) return flush(socket, Buffer.concat([Buffer.from(head, "latin1"), whole]));
  await flush(socket, Buffer.from(head, "latin1"));
  for (const piece of pieces) {
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
  do {
    const statusLine = await reader.line();
    const status = /^HTTP\/1\.1 (\d{1,4}) .*$/.exec(statusLine)?.[1];
    if (status === undefined)
      throw new MalformedResponse(`not a status line of HTTP/1.1: ${JSON.stringify(statusLine)}`);
    response.headers = await headerLines(reader);
    response.status = Number(status);
  } while (isInformational(response.status));
  const append = (bytes: Buffer) => {
    response.body = Buffer.concat([response.body, bytes]);
  };
  const length = headerValue(response.headers, "content-length");
  if (method === "HEAD" || [204, 304].includes(response.status)) {
    // These end with their headers, whatever those say.
  } else if (response.status === 101) {
    await reader.toEnd(append);
  } else if (headerValue(response.headers, "transfer-encoding") === "chunked") {
    for (let size = await chunkSize(reader); size > 0; size = await chunkSize(reader)) {
      await reader.bytes(size, append);
      if ((await reader.line()) !== "") throw new MalformedResponse("a chunk is longer than its size says");
    }
    response.trailers = await headerLines(reader);
  } else if (length !== undefined) {
    if (!/^\d+$/.test(length)) throw new MalformedResponse(`content-length is not a number: "${length}"`);
    await reader.bytes(Number(length), append);
  } else {
    await reader.toEnd(append);
  }
  response.isComplete = true;
}

/** Responses before the response, such as 100 (Continue); 101 is final. */
const isInformational = (status: number): boolean => status >= 100 && status < 200 && status !== 101;

const headerValue = (lines: readonly HeaderLine[], name: string): string | undefined =>
  lines.find(([other]) => other === name)?.[1];

async function headerLines(reader: SocketReader): Promise<HeaderLine[]> {
  const lines: HeaderLine[] = [];
  for (let line = await reader.line(); line !== ""; line = await reader.line()) {
    const [, name, value] = /^([^\s:]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      throw new MalformedResponse(`not a header line: ${JSON.stringify(line)}`);
    }
    lines.push([name.toLowerCase(), value]);
  }
  return lines;
}

async function chunkSize(reader: SocketReader): Promise<number> {
  const line = await reader.line();
  if (!/^[0-9a-f]+$/i.test(line)) throw new MalformedResponse(`not a chunk size: ${JSON.stringify(line)}`);
  return Number.parseInt(line, 16);
}

/** Lines and bytes of a socket. Every method but `toEnd` throws when the connection ends before it has what it wants. */
class SocketReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.#chunks = socket[Symbol.asyncIterator]();
  }

  /** Up to CRLF, one character a byte. */
  async line(): Promise<string> {
    let end = this.#rest.indexOf("\r\n");
    for (; end < 0; end = this.#rest.indexOf("\r\n")) {
      if (!(await this.#more())) throw new Error("the connection ended in a line");
    }
    const line = this.#rest.toString("latin1", 0, end);
    this.#rest = this.#rest.subarray(end + 2);
    return line;
  }

  async bytes(count: number, take: (bytes: Buffer) => void): Promise<void> {
    for (let missing = count; missing > 0; ) {
      if (this.#rest.length === 0 && !(await this.#more())) throw new Error("the connection ended in a body");
      const part = this.#rest.subarray(0, missing);
      this.#rest = this.#rest.subarray(part.length);
      missing -= part.length;
      take(part);
    }
  }

  async toEnd(take: (bytes: Buffer) => void): Promise<void> {
    do {
      take(this.#rest);
      this.#rest = Buffer.alloc(0);
    } while (await this.#more());
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#rest = this.#rest.length === 0 ? value : Buffer.concat([this.#rest, value]);
    return true;
  }
}
