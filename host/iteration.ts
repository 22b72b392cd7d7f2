/**
 * One direction of a stream through its filters: who has seen what, who has stopped, what is held back.
 * Source: envoy source/common/http/filter_manager.cc (`ActiveStreamFilterBase`, `decodeHeaders` ... `encodeTrailers`).
 */
import { DataStatus, HeadersStatus, TrailersStatus } from "./abi.ts";
import { BodyBuffer } from "./body-buffer.ts";
import { concat } from "./byte-string.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import type { HeaderMap } from "./header-map.ts";

/** What a filter sees of one direction. `buffered` is what is held back; a filter may add to it and edit it. */
export interface FilterDirection {
  headers(headers: HeaderMap, endOfStream: boolean): HeadersStatus;
  data(data: BodyBuffer, endOfStream: boolean): DataStatus;
  trailers(trailers: HeaderMap): TrailersStatus;
  /** Names in one block of HTTP/2 METADATA. */
  metadata(count: number): void;
}

/** Where a direction leads after its last filter, and what it must know of the rest of the stream. */
export interface DirectionEnd {
  headers(headers: HeaderMap, endOfStream: boolean): void;
  /** Takes everything out of `data`. */
  data(data: BodyBuffer, endOfStream: boolean): void;
  trailers(trailers: HeaderMap): void;
  /** Trailers that a filter adds go on even if a later filter holds the data. */
  readonly trailersOvertake: boolean;
  /** The peer has sent everything. */
  isComplete(): boolean;
  /** The stream is answered: nothing more goes this way. */
  isOver(): boolean;
  /** Does what nobody waits for. */
  guard(action: () => void): void;
  /** More than the buffer limit is held back, and no filter that asked for it knows back-pressure. */
  tooLarge(): void;
  /** A filter was called and a local reply was sent meanwhile. */
  aborted(): void;
}

type IterationState = "continue" | "stop" | "stop-all-buffer" | "stop-all-watermark";

/** A filter and how far the direction has come with it. */
export class Entry {
  readonly filter: FilterDirection;
  state: IterationState = "continue";
  hasSeenHeaders = false;
  headersContinued = false;
  endOfStream = false;
  /** It is being resumed after it held everything: what comes then begins with it, and not behind it. */
  resumesItself = false;
  /** Metadata that waits here until this filter has seen the headers and does not hold everything. */
  readonly savedMetadata: number[] = [];

  constructor(filter: FilterDirection) {
    this.filter = filter;
  }

  get stoppedAll(): boolean {
    return this.state === "stop-all-buffer" || this.state === "stop-all-watermark";
  }
}

const afterHeaders: Record<HeadersStatus, IterationState> = {
  [HeadersStatus.Continue]: "continue",
  [HeadersStatus.StopIteration]: "stop",
  [HeadersStatus.ContinueAndEndStream]: "continue",
  [HeadersStatus.StopAllIterationAndBuffer]: "stop-all-buffer",
  [HeadersStatus.StopAllIterationAndWatermark]: "stop-all-watermark",
};

export class Direction {
  headers: HeaderMap | null = null;
  trailers: HeaderMap | null = null;
  buffered: BodyBuffer | null = null;
  /** A filter is being called in this direction. */
  calling = false;
  /** It was called with trailers and goes on. */
  goesOnFromTrailers = false;
  /** It is being called with metadata. */
  callingWithMetadata = false;
  /** A local reply came while a filter was called: no further filter is. */
  aborted = false;
  /** In the order this direction passes them. */
  readonly entries: Entry[] = [];
  readonly #end: DirectionEnd;
  readonly #limitBytes: number;
  /** The limit was crossed by what is held with back-pressure; it stays so until half of it is there. */
  #isPressed = false;
  /** The peer is not read from, as more is held back than the limit allows. */
  #isUnread = false;
  readonly #unread: { readonly event: (bytes: Uint8Array) => void; readonly bytes: Uint8Array }[] = [];
  /** What is held back is held with back-pressure, which has no limit; so it is until a filter asks for the limit. */
  #streaming = true;

  /** `limitBytes`: 0 = no limit. */
  constructor(end: DirectionEnd, limitBytes: number) {
    this.#end = end;
    this.#limitBytes = limitBytes;
  }

  startHeaders(headers: HeaderMap, endOfStream: boolean): void {
    this.headers = headers;
    this.#passHeaders(0, headers, endOfStream);
  }

  startData(data: BodyBuffer, endOfStream: boolean): void {
    this.#passData(0, data, endOfStream);
  }

  /** `count`: see `FilterDirection`. It goes past a filter that has stopped, unless that holds everything. */
  startMetadata(count: number): void {
    this.#passMetadata(0, count);
  }

  startTrailers(trailers: HeaderMap): void {
    this.trailers = trailers;
    this.#passTrailers(0, trailers);
  }

  /**
   * Lets `event` of the peer happen, now or when the filters have made room for it: what holds it back is not read.
   * `bytes` that follow each other unread are read as one.
   */
  receive(event: (bytes: Uint8Array) => void, bytes: Uint8Array = new Uint8Array()): void {
    if (this.#isUnread || this.#unread.length > 0) {
      this.#unread.push({ event, bytes });
      return;
    }
    event(bytes);
    // What has been read already is still handed on.
    if (this.#isFull) queueMicrotask(() => this.#end.guard(() => this.#read()));
  }

  get #isFull(): boolean {
    if ((this.buffered?.length ?? 0) <= this.#limitBytes / 2) this.#isPressed = false;
    return this.#isPressed;
  }

  #read(): void {
    this.#isUnread = this.#isFull;
    for (let next = this.#unread[0]; next !== undefined && !this.#isFull; next = this.#unread[0]) {
      const end = this.#unread.findIndex(({ bytes }) => bytes.length === 0);
      const pieces = this.#unread.splice(0, end < 0 ? this.#unread.length : Math.max(end, 1));
      next.event(concat(pieces.map(({ bytes }) => bytes)));
    }
  }

  /** Resumes after a filter that stopped. From within its headers callback this passes the headers on already. */
  continue(filter: FilterDirection): void {
    if (this.headers === null) throw new EnvoyCrash("resuming what has not begun ends the Envoy process");
    const at = this.entries.findIndex((entry) => entry.filter === filter);
    const entry = this.entries[at];
    if (entry !== undefined) this.#continue(entry, at);
    if (this.#isUnread) this.#read();
  }

  /** Adds to what is held back, and takes it out of `data`. */
  hold(data: BodyBuffer, keeping: "with-limit" | "with-back-pressure"): void {
    this.#streaming = keeping === "with-back-pressure";
    if (this.buffered === data) return; // a later filter holds what an earlier one held before
    this.buffered ??= new BodyBuffer();
    const before = this.buffered.length;
    this.buffered.moveFrom(data);
    const isCrossing = before <= this.#limitBytes && this.buffered.length > this.#limitBytes;
    if (this.#limitBytes === 0 || !isCrossing) return;
    if (this.#streaming) this.#isPressed = true;
    else this.#end.tooLarge();
  }

  #passHeaders(start: number, headers: HeaderMap, endOfStream: boolean): void {
    for (const [at, entry] of this.#from(start)) {
      entry.endOfStream = endOfStream;
      const status = this.#call(() => entry.filter.headers(headers, endOfStream));
      entry.hasSeenHeaders = true;
      if (this.aborted) {
        entry.state = "stop";
        this.#end.aborted();
        return;
      }
      entry.state = afterHeaders[status];
      if (entry.state === "continue") entry.headersContinued = true;
      if (!entry.stoppedAll) this.#passSavedMetadata(entry, at);
      if (entry.state !== "continue" || this.#end.isOver()) return;
    }
    this.#end.headers(headers, endOfStream);
  }

  /** It ends with the last filter: upstream and the client get none. */
  #passMetadata(start: number, count: number): void {
    for (const [, entry] of this.#from(start)) {
      if (!entry.hasSeenHeaders || entry.stoppedAll) {
        entry.savedMetadata.push(count);
        return;
      }
      this.callingWithMetadata = true;
      this.#call(() => entry.filter.metadata(count));
      this.callingWithMetadata = false;
      if (this.aborted) {
        this.#end.aborted();
        return;
      }
    }
  }

  #passSavedMetadata(entry: Entry, start: number): void {
    for (const count of entry.savedMetadata.splice(0)) this.#passMetadata(start, count);
  }

  #passData(start: number, data: BodyBuffer, endOfStream: boolean): void {
    if (this.#end.isOver()) return;
    const hadTrailers = this.trailers !== null;
    let trailersAddedAt: number | null = null;
    let isHeld = false;
    for (const [at, entry] of this.#from(start)) {
      if (entry.stoppedAll) {
        this.hold(data, entry.state === "stop-all-watermark" ? "with-back-pressure" : "with-limit");
        return;
      }
      // A filter that has seen the end gets no more data, whoever resumes (filter_manager.cc, decodeData).
      if (entry.endOfStream) return;
      entry.endOfStream = endOfStream && this.trailers === null;
      const status = this.#call(() => entry.filter.data(data, entry.endOfStream));
      if (this.aborted) {
        this.#end.aborted();
        return;
      }
      if (!hadTrailers && this.trailers !== null) trailersAddedAt ??= at;
      isHeld = !this.#goesOnAfterData(entry, at, status, data);
      // Only on the way to upstream do new trailers go past data that is held (filter_manager.cc, decodeData).
      if (isHeld && !this.#end.trailersOvertake) return;
      if (isHeld) break;
    }
    if (!isHeld) this.#end.data(data, endOfStream && trailersAddedAt === null);
    if (trailersAddedAt === null || this.trailers === null) return;
    const isItself = this.entries[trailersAddedAt]?.resumesItself ?? false;
    this.#passTrailers(isItself ? trailersAddedAt : trailersAddedAt + 1, this.trailers);
  }

  #passTrailers(start: number, trailers: HeaderMap): void {
    if (this.#end.isOver()) return;
    for (const [at, entry] of this.#from(start)) {
      if (entry.stoppedAll) return;
      const status = this.#call(() => entry.filter.trailers(trailers));
      this.goesOnFromTrailers = false;
      entry.endOfStream = true;
      if (this.aborted) {
        this.#end.aborted();
        return;
      }
      if (status === TrailersStatus.StopIteration) {
        entry.state = "stop";
        return;
      }
      if (entry.state === "stop") {
        this.#continue(entry, at);
        return;
      }
    }
    this.#end.trailers(trailers);
  }

  #goesOnAfterData(entry: Entry, at: number, status: DataStatus, data: BodyBuffer): boolean {
    if (status === DataStatus.Continue) {
      if (entry.state === "continue") return true;
      this.hold(data, this.#streaming ? "with-back-pressure" : "with-limit");
      this.#continue(entry, at);
      return false;
    }
    entry.state = "stop";
    if (status === DataStatus.StopIterationAndBuffer) this.hold(data, "with-limit");
    if (status === DataStatus.StopIterationAndWatermark) this.hold(data, "with-back-pressure");
    // Without a buffer, resuming would not tell the next filters that the stream has ended.
    if (this.#end.isComplete() && this.trailers === null) this.buffered ??= new BodyBuffer();
    return false;
  }

  #continue(entry: Entry, at: number): void {
    if (this.#end.isOver()) return;
    // A filter that stopped everything has not seen what came after the headers.
    if (entry.stoppedAll) entry.resumesItself = true;
    // Asked anew each time: a filter that is called meanwhile may resume this one once more.
    const next = () => (entry.resumesItself ? at : at + 1);
    entry.state = "continue";
    if (!entry.headersContinued && this.headers !== null) {
      entry.headersContinued = true;
      const isWhole = this.#end.isComplete() && this.buffered === null && this.trailers === null;
      this.#passHeaders(at + 1, this.headers, isWhole);
    }
    this.#passSavedMetadata(entry, next());
    const { trailers } = this; // a filter may add trailers while it gets the data, which then go on by themselves
    if (this.buffered !== null) this.#passData(next(), this.buffered, this.#end.isComplete() && trailers === null);
    if (trailers !== null) this.#passTrailers(next(), trailers);
    entry.resumesItself = false;
  }

  *#from(start: number): Iterable<[number, Entry]> {
    for (let at = start; at < this.entries.length; at++) {
      const entry = this.entries[at];
      if (entry !== undefined) yield [at, entry];
    }
  }

  #call<T>(filter: () => T): T {
    this.calling = true;
    try {
      return filter();
    } finally {
      this.calling = false;
    }
  }
}
