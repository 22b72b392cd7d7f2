/**
 * One TCP connection: a client's bytes through the filters to upstream, and upstream's bytes back.
 * Source: envoy source/common/network/filter_manager_impl.cc, connection_impl.cc, source/common/tcp_proxy/tcp_proxy.cc.
 */
import { PeerType } from "./abi.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { concat, encode } from "./byte-string.ts";
import type { RootContext } from "./context.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import { MessageQueue } from "./message-queue.ts";
import { type NetworkConnection, NetworkContext } from "./network-context.ts";
import type { StreamInfo } from "./properties.ts";

/** One end of a connection. */
export interface TcpSocket {
  /** Pieces as they come, until the other side ends or the connection is over. */
  readonly received: AsyncIterable<Uint8Array>;
  write(data: string | Uint8Array): void;
  /** Writes no more; the other side still may. */
  end(): void;
  reset(): void;
}

/** Serves a connection. One that throws resets it. */
export type TcpUpstream = (socket: TcpSocket) => void | Promise<void>;

export interface TcpResult {
  /** How it ended for the client; "reset" when either end did so. */
  readonly end: "closed" | "reset";
  /** What the client has received. */
  readonly received: Uint8Array;
  /** What upstream has received; null when no connection was made to it. */
  readonly upstream: Uint8Array | null;
}

/** What has been delivered to one end. */
class Delivery {
  readonly queue = new MessageQueue();
  readonly #pieces: Uint8Array[] = [];
  isEnded = false;

  get bytes(): Uint8Array {
    return concat(this.#pieces);
  }

  /** Takes everything out of `data`. */
  push(data: BodyBuffer, endOfStream: boolean): void {
    if (data.length > 0) {
      this.#pieces.push(data.bytes);
      this.queue.push(data.bytes);
      data.clear();
    }
    if (endOfStream) this.end();
  }

  end(): void {
    this.isEnded = true;
    this.queue.end();
  }
}

/** The client's end. */
export class TcpConnection implements TcpSocket, NetworkConnection {
  /** Resolves when the connection is over and the filters are gone. */
  readonly finished: Promise<TcpResult>;
  readonly #filters: readonly NetworkContext[];
  readonly #info: StreamInfo;
  readonly #upstream: TcpUpstream | null;
  readonly #toClient = new Delivery();
  #toUpstream: Delivery | null = null;
  /** Filters whose `proxy_on_new_connection` has been called. */
  readonly #begun = new Set<NetworkContext>();
  #isConnecting = false;
  /** Sent by the client and not yet read: nothing is before upstream is connected. */
  readonly #unread = new BodyBuffer();
  #clientHasEnded = false;
  /** Read from the client, and not yet let through by all filters; `#written` is the other direction. */
  readonly #read = new BodyBuffer();
  #isReadEnd = false;
  readonly #written = new BodyBuffer();
  #upstreamHasEnded = false;
  #isOver = false;
  #finish: (result: TcpResult) => void = () => {};
  /** Hands what must not happen, such as an `EnvoyCrash`, to whoever waits for the connection. */
  #crash: (error: unknown) => void = () => {};

  /** `upstream` is null when nobody listens. */
  constructor(roots: readonly RootContext[], info: StreamInfo, upstream: TcpUpstream | null) {
    this.#info = info;
    this.#upstream = upstream;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#crash = reject;
    });
    this.#filters = roots.map((root) => new NetworkContext(root, this, info));
    this.#readFrom(0);
  }

  get received(): AsyncIterable<Uint8Array> {
    return this.#toClient.queue;
  }

  write(data: string | Uint8Array): void {
    if (this.#clientHasEnded) return;
    this.#unread.append(encode(data));
    this.#readUnread();
  }

  end(): void {
    this.#clientHasEnded = true;
    this.#readUnread();
  }

  reset(): void {
    this.#end(PeerType.Remote, "reset");
  }

  continueReading(filter: NetworkContext): void {
    this.#readFrom(this.#filters.indexOf(filter) + 1);
    this.#closeIfEnded(PeerType.Local);
  }

  close(by: PeerType): void {
    this.#end(by, "closed");
  }

  #readUnread(): void {
    const isEnd = this.#clientHasEnded && !this.#isReadEnd;
    if (this.#isOver || this.#toUpstream === null || (this.#unread.length === 0 && !isEnd)) return;
    this.#read.moveFrom(this.#unread);
    this.#isReadEnd = this.#clientHasEnded;
    this.#info.requestBytes += this.#read.length;
    this.#readFrom(0);
    this.#closeIfEnded(PeerType.Remote);
  }

  /** `last`: whose end was the last one. A connection whose upstream is done ends, whatever filters hold. */
  #closeIfEnded(last: PeerType): void {
    if (this.#isReadEnd && this.#toClient.isEnded) this.close(last);
    else if (this.#upstreamHasEnded && this.#toUpstream?.isEnded) this.close(PeerType.Local);
  }

  #readFrom(at: number): void {
    for (const filter of this.#filters.slice(at)) {
      if (this.#isOver) return;
      const isNew = !this.#begun.has(filter);
      this.#begun.add(filter);
      if (isNew && (!filter.newConnection() || this.#isOver)) return;
      const hasData = this.#read.length > 0 || this.#isReadEnd;
      if (hasData && !filter.downstreamData(this.#read, this.#isReadEnd)) return;
    }
    if (this.#isOver) return;
    if (this.#toUpstream === null) this.#connect();
    else this.#toUpstream.push(this.#read, this.#isReadEnd);
  }

  #connect(): void {
    if (this.#isConnecting) return;
    this.#isConnecting = true;
    Promise.resolve()
      .then(() => {
        if (this.#isOver) return;
        if (this.#upstream === null) this.close(PeerType.Local);
        else this.#connected(this.#upstream);
      })
      .catch(this.#crash);
  }

  #connected(upstream: TcpUpstream): void {
    this.#info.chooseUpstream();
    const toUpstream = new Delivery();
    this.#toUpstream = toUpstream;
    this.#readUnread();
    const reset = () => this.#end(PeerType.Local, "reset");
    const socket: TcpSocket = {
      received: toUpstream.queue,
      write: (data) => this.#write(encode(data), false),
      end: () => this.#write(new Uint8Array(), true),
      reset,
    };
    Promise.resolve()
      .then(() => upstream(socket))
      .catch((error: unknown) => (error instanceof EnvoyCrash ? this.#crash(error) : reset()));
  }

  #write(bytes: Uint8Array, endOfStream: boolean): void {
    if (this.#isOver || this.#upstreamHasEnded) return;
    this.#upstreamHasEnded = endOfStream;
    this.#written.append(bytes);
    const isThrough = this.#filters
      .toReversed()
      .every((filter) => filter.upstreamData(this.#written, endOfStream) && !this.#isOver);
    if (isThrough) {
      this.#info.responseBytes += this.#written.length;
      this.#toClient.push(this.#written, endOfStream);
    }
    this.#closeIfEnded(PeerType.Local);
  }

  #end(by: PeerType, end: TcpResult["end"]): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#toClient.end();
    this.#toUpstream?.end();
    for (const filter of this.#filters) filter.closed(by);
    this.#finish({ end, received: this.#toClient.bytes, upstream: this.#toUpstream?.bytes ?? null });
  }
}
