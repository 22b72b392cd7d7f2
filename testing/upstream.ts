/** An upstream that records what reaches it, as soon as the headers are there, and answers as told. */
import { once } from "node:events";
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { withMetadata } from "./http2-metadata.ts";
import { joined } from "./pace.ts";
import type {
  HeaderLine,
  Metadata,
  ProxyOptions,
  UpstreamHandler,
  UpstreamRequest,
  UpstreamResponse,
} from "./types.ts";
import { type Http1Head, serveHttp1 } from "./upstream-http1.ts";
import { withoutVolatileRequestLines } from "./volatile.ts";

/** A request that is still coming. */
interface Arriving extends Http1Head {
  readonly pieces: Buffer[];
  trailers: readonly HeaderLine[];
  isComplete: boolean;
  isSettled: boolean;
}

export class RecordingUpstream {
  readonly #server: Server;
  /** Asked at each request. */
  readonly #response: () => UpstreamResponse;
  /** Answers instead when there is one. */
  readonly #handler: UpstreamHandler | null;
  readonly #sockets = new Set<Socket>();
  #requests: Arriving[] = [];
  /** A connection that had not served any request is gone. */
  #hasLost = false;
  #onChange: () => void = () => {};

  private constructor(response: UpstreamSpec) {
    this.#response = answerOf(response);
    this.#handler = isHandler(response) ? response : null;
    const metadata = metadataOf(response);
    this.#server = metadata === undefined ? this.#http1Server() : this.#http2Server(metadata);
    this.#server.on("connection", (socket) => this.#onConnection(socket));
  }

  /** Listens on a free port of loopback. Default response: 200 with the text "ok\n". */
  static async start(response: UpstreamSpec = defaultResponse): Promise<RecordingUpstream> {
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
    if (request === undefined && this.#hasLost) return null;
    const isClosed = await new Promise<boolean>((resolve) => {
      this.#onChange = () => resolve(this.#requests.length === 0);
    });
    return isClosed ? null : this.received();
  }

  forget(): void {
    this.#requests = [];
    this.#hasLost = false;
    this.#onChange = () => {};
  }

  async close(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #http1Server(): Server {
    return createServer({ noDelay: true }, (socket) => {
      let isNew = true;
      serveHttp1(socket, (head) => {
        isNew = false;
        return this.#onRequest(head);
      }).finally(() => {
        this.#hasLost ||= isNew;
      });
    });
  }

  #http2Server(metadata: Metadata): Server {
    const http2 = createHttp2Server((message, answer) => this.#onHttp2Request(message, answer));
    return createServer((socket) => http2.emit("connection", withMetadata(socket, metadata, "server")));
  }

  #onConnection(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => {
      this.#sockets.delete(socket);
      this.#onChange();
    });
  }

  #record(head: Http1Head): Arriving {
    const request: Arriving = { ...head, pieces: [], trailers: [], isComplete: false, isSettled: false };
    this.#requests.push(request);
    return request;
  }

  #settle(request: Arriving, isComplete: boolean): void {
    if (request.isSettled) return;
    request.isComplete = isComplete;
    request.isSettled = true;
    this.#onChange();
  }

  #onRequest(head: Http1Head): ReturnType<Parameters<typeof serveHttp1>[1]> {
    const request = this.#record(head);
    const response = this.#response();
    const isEarly = this.#handler === null && response.early === true;
    return {
      answer: isEarly ? response : null,
      arrival: {
        data: (bytes) => request.pieces.push(bytes),
        end: (trailers) => {
          request.trailers = trailers;
          this.#settle(request, true);
          if (isEarly) return null;
          return this.#handler?.respond(plain(recorded(request))) ?? response;
        },
        cutOff: () => this.#settle(request, false),
      },
    };
  }

  #onHttp2Request(message: Http2ServerRequest, answer: Http2ServerResponse): void {
    const { method, url: path, rawHeaders } = message;
    const { arrival, answer: early } = this.#onRequest({ method, path, headers: headerLines(rawHeaders) });
    message.on("data", (chunk: Buffer) => arrival.data(chunk));
    message.on("error", () => {});
    message.on("close", () => arrival.cutOff()); // unless its end has come before
    if (early !== null) respondHttp2(answer, early);
    message.on("end", async () => {
      const response = await arrival.end(headerLines(message.rawTrailers));
      if (response !== null) respondHttp2(answer, response);
    });
  }
}

function respondHttp2(
  answer: Http2ServerResponse,
  { status, headers = [], body = "", trailers = [] }: UpstreamResponse,
): void {
  answer.sendDate = false;
  answer.writeHead(status, fields(headers));
  answer.addTrailers(fields(trailers));
  answer.end(joined(body));
}

type UpstreamSpec = NonNullable<ProxyOptions["upstream"]>;

const defaultResponse: UpstreamResponse = { status: 200, body: "ok\n" };

export const isHandler = (upstream: UpstreamSpec | undefined): upstream is UpstreamHandler =>
  typeof upstream === "object" && "respond" in upstream;

/** What upstream answers each time it is asked; of a handler the default, which goes unused. */
export function answerOf(upstream: UpstreamSpec = defaultResponse): () => UpstreamResponse {
  if (isHandler(upstream)) return () => defaultResponse;
  return typeof upstream === "function" ? upstream : () => upstream;
}

const metadataOf = (upstream: UpstreamSpec | undefined): Metadata | undefined =>
  typeof upstream === "function" || isHandler(upstream) ? undefined : upstream?.metadata;

/** What upstream speaks: METADATA is a matter of HTTP/2. */
export const upstreamProtocol = (upstream: UpstreamSpec | undefined): "http1" | "http2" =>
  metadataOf(upstream) === undefined ? "http1" : "http2";

const plain = (request: UpstreamRequest): UpstreamRequest => ({
  ...request,
  headers: withoutVolatileRequestLines(request.headers),
});

function recorded({ method, path, headers, pieces, trailers, isComplete }: Arriving): UpstreamRequest {
  return {
    method,
    path,
    authority: headers.find(([name]) => name === "host" || name === ":authority")?.[1] ?? "",
    headers: headers.filter(([name]) => !name.startsWith(":")),
    body: Buffer.concat(pieces),
    trailers,
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
