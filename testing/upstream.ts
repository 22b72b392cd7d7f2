/** An upstream that records what reaches it, as soon as the headers are there, and answers as told. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { withMetadata } from "./http2-metadata.ts";
import type { HeaderLine, Metadata, UpstreamRequest, UpstreamResponse } from "./types.ts";

/** A request that is still coming. */
interface Arriving {
  readonly message: IncomingMessage | Http2ServerRequest;
  readonly pieces: Buffer[];
  isComplete: boolean;
  isSettled: boolean;
}

export class RecordingUpstream {
  readonly #server: Server;
  readonly #response: UpstreamResponse;
  readonly #sockets = new Set<Socket>();
  #requests: Arriving[] = [];
  #onChange: () => void = () => {};

  private constructor(response: UpstreamResponse) {
    this.#response = response;
    this.#server = response.metadata === undefined ? this.#http1Server() : this.#http2Server(response.metadata);
    this.#server.on("connection", (socket) => this.#onConnection(socket));
  }

  /** Listens on a free port of loopback. Default response: 200 with the text "ok\n". */
  static async start(response: UpstreamResponse = { status: 200, body: "ok\n" }): Promise<RecordingUpstream> {
    const upstream = new RecordingUpstream(response);
    upstream.#server.listen(0, "127.0.0.1");
    await once(upstream.#server, "listening");
    return upstream;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /**
   * The one request that was sent since `forget`, once it has come to its end or was cut off. To be asked when the
   * proxy has begun to send one: null when the proxy closed the connection before its headers got here.
   */
  async received(): Promise<UpstreamRequest | null> {
    const [request] = this.#requests;
    if (request?.isSettled) return recorded(request);
    const isClosed = await new Promise<boolean>((resolve) => {
      this.#onChange = () => resolve(this.#requests.length === 0);
    });
    return isClosed ? null : this.received();
  }

  forget(): void {
    this.#requests = [];
    this.#onChange = () => {};
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #http1Server(): Server {
    const server = createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0, requestTimeout: 0 });
    server.on("request", (message, answer) => this.#onRequest(message, () => respond(answer, this.#response)));
    server.on("upgrade", (message, socket) => this.#onUpgrade(message, socket));
    return server;
  }

  #http2Server(metadata: Metadata): Server {
    const http2 = createHttp2Server((message, answer) =>
      this.#onRequest(message, () => respondHttp2(answer, this.#response)),
    );
    return createTcpServer((socket) => http2.emit("connection", withMetadata(socket, metadata, "server")));
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      // A request that has its answer already does not tell its end itself.
      for (const request of this.#requests) {
        if (request.message.socket === socket) this.#settle(request, request.message.complete);
      }
      this.#onChange();
    });
  }

  #record(message: Arriving["message"]): Arriving {
    const request: Arriving = { message, pieces: [], isComplete: false, isSettled: false };
    this.#requests.push(request);
    return request;
  }

  #settle(request: Arriving, isComplete: boolean): void {
    if (request.isSettled) return;
    request.isComplete = isComplete;
    request.isSettled = true;
    this.#onChange();
  }

  #onRequest(message: Arriving["message"], answer: () => void): void {
    const request = this.#record(message);
    message.on("data", (chunk: Buffer) => request.pieces.push(chunk));
    message.on("error", () => {});
    message.on("close", () => this.#settle(request, false)); // unless its end has come before
    if (this.#response.early) answer();
    message.on("end", () => {
      this.#settle(request, true);
      if (!this.#response.early) answer();
    });
  }

  /** The connection is the client's from here on: upstream says its body in the new protocol, and hangs up. */
  #onUpgrade(message: IncomingMessage, socket: Duplex): void {
    this.#settle(this.#record(message), true);
    const { status, headers = [], body = "" } = framed(this.#response);
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    socket.on("error", () => {});
    socket.write([`HTTP/1.1 ${status} Answer`, ...lines, "", ""].join("\r\n"), "latin1");
    socket.end(body);
  }
}

/** Writes the whole response. */
export function respond(answer: ServerResponse, response: UpstreamResponse): void {
  const { status, headers = [], body = "", trailers } = framed(response);
  answer.sendDate = false;
  answer.writeHead(status, headers.flat());
  if (trailers !== undefined) answer.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
  answer.end(body);
}

function respondHttp2(
  answer: Http2ServerResponse,
  { status, headers = [], body = "", trailers = [] }: UpstreamResponse,
): void {
  answer.sendDate = false;
  answer.writeHead(status, fields(headers));
  answer.addTrailers(fields(trailers));
  answer.end(body);
}

/** What upstream speaks: METADATA is a matter of HTTP/2. */
export const upstreamProtocol = (response: UpstreamResponse | undefined): "http1" | "http2" =>
  response?.metadata === undefined ? "http1" : "http2";

/** The response with the header that HTTP/1 needs to find its end. */
export function framed(response: UpstreamResponse): UpstreamResponse {
  const { status, headers = [], body = "", trailers } = response;
  if (upstreamProtocol(response) === "http2") return response;
  const isFramed = headers.some(([name]) => name.toLowerCase() === "content-length");
  if (isFramed || status < 200 || status === 204 || status === 304) return response;
  const length = String(Buffer.byteLength(body));
  const framing: HeaderLine = trailers === undefined ? ["content-length", length] : ["transfer-encoding", "chunked"];
  return { ...response, headers: [...headers, framing] };
}

function recorded({ message, pieces, isComplete }: Arriving): UpstreamRequest {
  const headers = headerLines(message.rawHeaders);
  return {
    method: message.method ?? "",
    path: message.url ?? "",
    authority: headers.find(([name]) => name === "host" || name === ":authority")?.[1] ?? "",
    headers: headers.filter(([name]) => !name.startsWith(":")),
    body: Buffer.concat(pieces),
    trailers: headerLines(message.rawTrailers),
    complete: isComplete,
  };
}

/** As node:http2 takes lines: names that repeat stay apart, but are sent next to each other. */
export function fields(lines: readonly HeaderLine[]): Record<string, string[]> {
  const names = new Set(lines.map(([name]) => name));
  return Object.fromEntries(
    Array.from(names, (name) => [name, lines.filter(([other]) => other === name).map(([, value]) => value)]),
  );
}

/** Of node's `rawHeaders`. */
export function headerLines(raw: readonly string[]): HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (let at = 0; at < raw.length; at += 2) lines.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  return lines;
}
