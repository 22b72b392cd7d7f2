/** The clusters that filters call, as servers on loopback: they record what reaches them and answer as told. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createHttp2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";
import { type Arriving, arrive, decide, metadataOf } from "./cluster-behaviour.ts";
import { FrameReader, frame } from "./grpc-frames.ts";
import { joined, pause } from "./pace.ts";
import type {
  ClusterCall,
  ClusterSpec,
  GrpcAnswer,
  GrpcCluster,
  HeaderLine,
  HttpCluster,
  UpstreamResponse,
} from "./types.ts";
import { fields, headerLines } from "./upstream.ts";
import { framed } from "./upstream-http1.ts";
import { withoutVolatileCallLines } from "./volatile.ts";

/** Where a cluster is, and what it speaks. */
export interface ClusterAddress {
  readonly name: string;
  readonly address: { readonly host: string; readonly port: number };
  readonly protocol: "http1" | "http2";
}

/** tcpmux, which nobody serves any more: connections to it are refused. */
const deadPort = 1;
const loopback = "127.0.0.1";

export class ClusterServers {
  readonly addresses: ClusterAddress[] = [];
  readonly #calls: Arriving[] = [];
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  /** Each listens on a free port of loopback. */
  static async start(clusters: Readonly<Record<string, ClusterSpec>> = {}): Promise<ClusterServers> {
    const all = new ClusterServers();
    for (const [name, spec] of Object.entries(clusters)) {
      const protocol = "grpc" in spec ? "http2" : "http1";
      const isUnreachable = ("grpc" in spec ? spec.grpc : spec.http) === "unreachable";
      const port = isUnreachable ? deadPort : await all.#listen(all.#serve(name, spec));
      all.addresses.push({ name, address: { host: loopback, port }, protocol });
    }
    return all;
  }

  /** Calls so far, oldest first, each as far as it has come. */
  calls(): ClusterCall[] {
    return this.#calls.map((call) => ({ ...call }));
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => once(server, "close"));
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
  }

  async #listen(server: Server): Promise<number> {
    this.#servers.push(server);
    server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    server.listen(0, loopback);
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }

  #serve(cluster: string, spec: ClusterSpec): Server {
    if ("http" in spec) return createServer({ requestTimeout: 0 }, this.#http(cluster, spec));
    const server = createHttp2Server();
    server.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders, _flags: number, raw: string[]) => {
      // A reset by the caller ends it, and is no error here.
      stream.on("error", () => {});
      this.#grpc(this.#record(cluster, headers, raw), stream, spec);
    });
    return server;
  }

  #http(cluster: string, { http }: HttpCluster): RequestListener {
    return (message: IncomingMessage, response) => {
      const { method, url, rawHeaders } = message;
      const call = this.#record(cluster, { ":method": method, ":path": url, ...message.headers }, rawHeaders);
      message.on("error", () => {});
      message.on("data", (chunk: Buffer) => {
        call.body = Buffer.concat([call.body, chunk]);
      });
      const answer = () => {
        const decided = decide(http, call);
        if (decided !== "silent") respond(response, decided);
      };
      const isEarly = typeof http === "object" && http.early === true;
      if (isEarly) answer();
      message.on("end", () => {
        call.trailers = headerLines(message.rawTrailers);
        call.complete = true;
        if (!isEarly) answer();
      });
    };
  }

  #grpc(call: Arriving, stream: ServerHttp2Stream, { grpc, each }: GrpcCluster): void {
    const frames = new FrameReader();
    stream.on("data", (chunk: Buffer) => {
      for (const message of frames.push(chunk)) {
        arrive(call, message);
        if (each !== undefined) send(stream, each(message), metadataOf(grpc));
      }
    });
    stream.on("end", () => {
      call.complete = true;
      const decided = decide(grpc, call);
      if (decided !== "silent") answerGrpc(stream, decided);
    });
  }

  #record(cluster: string, headers: IncomingHttpHeaders, raw: readonly string[]): Arriving {
    const call: Arriving = {
      cluster,
      method: headers[":method"] ?? "",
      path: headers[":path"] ?? "",
      authority: headers[":authority"] ?? headers.host ?? "",
      headers: withoutVolatileCallLines(
        headerLines(raw).filter(([name]) => !name.startsWith(":")),
        headers[":scheme"] !== undefined,
      ),
      body: new Uint8Array(),
      trailers: [],
      messages: [],
      complete: false,
    };
    this.#calls.push(call);
    return call;
  }
}

function answerGrpc(stream: ServerHttp2Stream, answer: GrpcAnswer): void {
  if (stream.closed) return;
  const { metadata, messages = [], status = 0, message, trailers = [] } = answer;
  const ending = fields([
    ["grpc-status", String(status)],
    ...(message === undefined ? [] : [["grpc-message", percentEncoded(message)] as const]),
    ...trailers,
  ]);
  if (!stream.headersSent && metadata === undefined && messages.length === 0) {
    stream.respond({ ...responseHeaders, ...ending }, { ...withoutDate, endStream: true });
    return;
  }
  stream.on("wantTrailers", () => stream.sendTrailers(ending));
  send(stream, messages, metadata);
  stream.end();
}

/** The headers go ahead of the first messages. */
function send(
  stream: ServerHttp2Stream,
  messages: readonly (string | Uint8Array)[],
  metadata: readonly HeaderLine[] = [],
): void {
  if (!stream.headersSent) {
    stream.respond({ ...responseHeaders, ...fields(metadata) }, { ...withoutDate, waitForTrailers: true });
  }
  for (const message of messages) stream.write(frame(message));
}

/** Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Percent-Encoded". */
const percentEncoded = (text: string): string =>
  Buffer.from(text)
    .toString("latin1")
    .replaceAll(/[^ -$&-~]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);

async function respond(answer: ServerResponse, response: UpstreamResponse): Promise<void> {
  const { status, headers = [], body = "", trailers, delayMs } = framed(response);
  await pause(delayMs);
  answer.sendDate = false;
  answer.removeHeader("connection"); // node would add its own, which filters would see
  answer.writeHead(status, headers.flat());
  if (trailers !== undefined) answer.addTrailers(trailers.map(([name, value]): [string, string] => [name, value]));
  answer.end(joined(body));
}

const responseHeaders = { ":status": 200, "content-type": "application/grpc" };
/** Known to node:http2, not to its types. */
const withoutDate = { sendDate: false };
