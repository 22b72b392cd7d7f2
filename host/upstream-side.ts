/** The HTTP/1 connection to upstream: what has been written to it. */
import { concat } from "./byte-string.ts";
import { HeaderMap } from "./header-map.ts";
import type { UpstreamRequest } from "./stream.ts";

export interface UpstreamEvents {
  /** The headers have been sent. */
  begun(request: UpstreamRequest): void;
  complete(request: UpstreamRequest): void;
}

export class UpstreamSide {
  #headers: HeaderMap | null = null;
  #body: Uint8Array[] = [];
  #trailers: HeaderMap | null = null;
  /** Nothing is sent behind them. */
  #hasTrailers = false;
  #isComplete = false;
  #isOnTheWire = false;
  readonly #on: UpstreamEvents;

  constructor(on: UpstreamEvents) {
    this.#on = on;
  }

  headers(headers: HeaderMap, endOfStream: boolean): void {
    if (this.#headers !== null) return; // a filter resumed inside its own headers callback
    this.#headers = new HeaderMap("request", headers.entries);
    if (endOfStream) declareEmptyBody(this.#headers);
    // Envoy writes when the work at hand is done: a stream that ends in it has sent nothing.
    queueMicrotask(() => {
      this.#isOnTheWire = true;
    });
    this.#on.begun(this.#request());
    if (endOfStream || this.#hasDeclaredLength()) this.#complete();
  }

  data(bytes: Uint8Array, endOfStream: boolean): void {
    if (this.#headers === null || this.#isComplete || this.#hasTrailers) return;
    this.#body.push(bytes);
    if (endOfStream || this.#hasDeclaredLength()) this.#complete();
  }

  trailers(trailers: HeaderMap): void {
    if (this.#headers === null) return;
    this.#hasTrailers = true;
    // They need a body in chunks (envoy http1/codec_impl.cc, `encodeTrailersBase`).
    if (this.#hasDeclaredLength() === null) this.#trailers = trailers;
    this.#complete();
  }

  seen(): UpstreamRequest | null {
    return this.#isOnTheWire || this.#isComplete ? this.#request() : null;
  }

  /** Upstream takes as many bytes as `content-length` says, and waits for those that are missing. */
  #complete(): void {
    if (this.#isComplete || !(this.#hasDeclaredLength() ?? true)) return;
    const length = this.#headers?.get("content-length") ?? null;
    if (length !== null) this.#body = [concat(this.#body).subarray(0, Number(length))];
    this.#isComplete = true;
    this.#on.complete(this.#request());
  }

  /** Whether all bytes are there that `content-length` promises; null without one. */
  #hasDeclaredLength(): boolean | null {
    const length = this.#headers?.get("content-length") ?? null;
    if (length === null) return null;
    return this.#body.reduce((sum, bytes) => sum + bytes.length, 0) >= Number(length);
  }

  #request(): UpstreamRequest {
    const pseudo = (name: string) => this.#headers?.get(name) ?? "";
    return {
      method: pseudo(":method"),
      path: pseudo(":path"),
      authority: pseudo(":authority"),
      headers: this.#headers?.lines() ?? [],
      body: concat(this.#body),
      trailers: this.#trailers?.lines() ?? [],
      complete: this.#isComplete,
    };
  }
}

/** Source: envoy source/common/http/http1/codec_impl.cc, `encodeHeadersBase`. */
function declareEmptyBody(headers: HeaderMap): void {
  const expectsNone = ["GET", "HEAD", "DELETE", "TRACE", "CONNECT"].includes(headers.get(":method") ?? "");
  if (!expectsNone && headers.get("content-length") === null) headers.add("content-length", "0");
}
