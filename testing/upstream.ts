/** An HTTP/1 upstream that records what reaches it, as soon as the headers are there, and answers as told. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { HeaderLine, UpstreamRequest, UpstreamResponse } from "./types.ts";

/** A request that is still coming. */
interface Arriving {
  readonly message: IncomingMessage;
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
    this.#server = createServer({ maxHeaderSize: 1 << 20, keepAliveTimeout: 0, requestTimeout: 0 });
    this.#server.on("request", (message, answer) => this.#onRequest(message, answer));
    this.#server.on("upgrade", (message, socket) => this.#onUpgrade(message, socket));
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

  #record(message: IncomingMessage): Arriving {
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

  #onRequest(message: IncomingMessage, answer: ServerResponse): void {
    const request = this.#record(message);
    message.on("data", (chunk: Buffer) => request.pieces.push(chunk));
    message.on("error", () => {});
    message.on("close", () => this.#settle(request, message.complete));
    if (this.#response.early) respond(answer, this.#response);
    message.on("end", () => {
      this.#settle(request, true);
      if (!this.#response.early) respond(answer, this.#response);
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

/** The response with the header that HTTP/1 needs to find its end. */
export function framed(response: UpstreamResponse): UpstreamResponse {
  const { status, headers = [], body = "", trailers } = response;
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
    authority: headers.find(([name]) => name === "host")?.[1] ?? "",
    headers,
    body: Buffer.concat(pieces),
    trailers: headerLines(message.rawTrailers),
    complete: isComplete,
  };
}

/** Of node's `rawHeaders`. */
export function headerLines(raw: readonly string[]): HeaderLine[] {
  const lines: HeaderLine[] = [];
  for (let at = 0; at < raw.length; at += 2) lines.push([(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""]);
  return lines;
}
