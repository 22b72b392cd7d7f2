/** gRPC callouts: the embedder answers for each cluster. Source: envoy source/common/grpc/async_client_impl.cc. */
import { type ByteString, encode, fromText } from "./byte-string.ts";
import type { Clock } from "./clock.ts";
import { type HeaderLine, HeaderMap } from "./header-map.ts";
import { MessageQueue } from "./message-queue.ts";

/** A call or stream of a filter, as the service gets it. */
export interface GrpcRequest {
  readonly service: string;
  readonly method: string;
  readonly metadata: readonly HeaderLine[];
  /** In the order they are sent, until the filter closes its side. A call has exactly one. */
  readonly messages: AsyncIterable<Uint8Array>;
}

/** Headers alone, as servers send errors, when there are neither `metadata` nor `messages`. */
export interface GrpcReply {
  readonly metadata?: readonly HeaderLine[];
  /** One that throws resets the stream. */
  readonly messages?: Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>;
  /** This and what follows is read when there are no more messages. */
  readonly trailers?: readonly HeaderLine[];
  /** Default: 0, OK. */
  readonly status?: number;
  readonly message?: string;
}

/** Answers the calls to one cluster. A rejected promise is a connection that cannot be made. */
export type GrpcCluster = (request: GrpcRequest) => GrpcReply | Promise<GrpcReply>;

/** What a filter hears of a call; nothing more after `closed`. */
export interface GrpcEvents {
  begun(metadata: HeaderMap): void;
  received(message: Uint8Array): void;
  ended(trailers: HeaderMap): void;
  closed(status: number, message: ByteString): void;
}

export interface GrpcCallOptions {
  readonly service: string;
  readonly method: string;
  readonly metadata: readonly HeaderLine[];
  /** 0 = none. */
  readonly timeoutMs: number;
}

export class GrpcCallouts {
  readonly #clusters: ReadonlyMap<ByteString, GrpcCluster>;
  readonly #clock: Clock;

  constructor(clusters: ReadonlyMap<ByteString, GrpcCluster>, clock: Clock) {
    this.#clusters = clusters;
    this.#clock = clock;
  }

  has(cluster: ByteString): boolean {
    return this.#clusters.has(cluster);
  }

  /** Events come later, never while this is called. Null for an unknown cluster. */
  start(cluster: ByteString, options: GrpcCallOptions, events: GrpcEvents): GrpcExchange | null {
    const answer = this.#clusters.get(cluster);
    return answer === undefined ? null : new GrpcExchange(answer, options, this.#clock, events);
  }
}

/** A call in progress. */
export class GrpcExchange {
  readonly #sent = new MessageQueue();
  readonly #events: GrpcEvents;
  readonly #cancelTimeout: () => void;
  #hasBegun = false;
  #isOver = false;

  constructor(answer: GrpcCluster, options: GrpcCallOptions, clock: Clock, events: GrpcEvents) {
    this.#events = events;
    const { timeoutMs, ...request } = options;
    const timeOut = () => {
      if (this.#hasBegun) this.#break("response_timeout");
      else this.#refuse("upstream request timeout", "response_timeout");
    };
    this.#cancelTimeout = timeoutMs > 0 ? clock.setTimer(timeoutMs, timeOut) : () => {};
    Promise.resolve()
      .then(() => answer({ ...request, messages: this.#sent }))
      .then(
        (reply) => this.#deliver(reply),
        () => this.#refuse(`${connectError} remote connection failure`, connectDetails),
      );
  }

  /** Does nothing after `close`, `reset` and the end of the reply. */
  send(message: Uint8Array): void {
    this.#sent.push(message);
  }

  /** No more messages will be sent. */
  close(): void {
    this.#sent.end();
  }

  /** No more events will come. */
  reset(): void {
    this.#isOver = true;
    this.#cancelTimeout();
    this.#sent.end();
  }

  async #deliver(reply: GrpcReply): Promise<void> {
    const { metadata, messages } = reply;
    if (metadata === undefined && messages === undefined) {
      this.#finish(reply, true);
      return;
    }
    this.#hasBegun = true;
    if (!this.#isOver) this.#events.begun(new HeaderMap("response", [...responseHead, ...(metadata ?? [])]));
    try {
      for await (const message of messages ?? []) {
        if (this.#isOver) return;
        this.#events.received(encode(message));
      }
    } catch {
      this.#break("upstream_reset_after_response_started{remote_reset}");
      return;
    }
    this.#finish(reply, false);
  }

  #finish({ status = 0, message = "", trailers = [] }: GrpcReply, isHeadersAlone: boolean): void {
    const text = percentEncode(message);
    const lines: HeaderLine[] = [["grpc-status", String(status)]];
    if (text !== "") lines.push(["grpc-message", text]);
    this.#endWith([...lines, ...trailers], isHeadersAlone, status, withDetails(text, "via_upstream"));
  }

  /** Envoy itself answers, with status UNAVAILABLE. */
  #refuse(message: string, details: string): void {
    const lines: HeaderLine[] = [
      ["grpc-status", String(unavailable)],
      ["grpc-message", message],
    ];
    this.#endWith(lines, true, unavailable, withDetails(message, details));
  }

  /** The reply has begun and will not be complete. */
  #break(details: string): void {
    this.#end(new HeaderMap("trailers"), internalError, details);
  }

  #endWith(lines: readonly HeaderLine[], isHeadersAlone: boolean, status: number, message: ByteString): void {
    if (isHeadersAlone && !this.#isOver) this.#events.begun(new HeaderMap("response"));
    const map = isHeadersAlone
      ? new HeaderMap("response", [...responseHead, ...lines])
      : new HeaderMap("trailers", lines);
    this.#end(map, status, message);
  }

  /** The filter may reset the call in any event. */
  #end(trailers: HeaderMap, status: number, message: ByteString): void {
    if (!this.#isOver) this.#events.ended(trailers);
    if (this.#isOver) return;
    this.reset();
    this.#events.closed(status, message);
  }
}

const unavailable = 14;
const internalError = 13;
const connectError = "upstream connect error or disconnect/reset before headers. reset reason:";
const connectDetails =
  "upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}";
const responseHead: readonly HeaderLine[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
];

const withDetails = (message: ByteString, details: string): ByteString =>
  message === "" ? details : `${message}{${details}}`;

/** Source: grpc/grpc doc/PROTOCOL-HTTP2.md, "Percent-Encoded". */
const percentEncode = (text: string): ByteString =>
  fromText(text).replace(
    /[^\x20-\x24\x26-\x7e]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
