/** The connection to the client: what has been written to it. */
import { concat } from "./byte-string.ts";
import { HeaderMap } from "./header-map.ts";

/** What reached the client. */
export interface Received {
  readonly headers: HeaderMap | null;
  readonly body: Uint8Array;
  readonly trailers: HeaderMap | null;
  /** Whether the response has come to its end. */
  readonly isComplete: boolean;
}

export class ClientSide {
  #headers: HeaderMap | null = null;
  #body: Uint8Array[] = [];
  #trailers: HeaderMap | null = null;
  #isHead = false;
  /** Envoy reads from the client, and writes to it when it has read everything that is there. */
  #isBusy = false;
  /** Nothing that was written so far has left. */
  #isHeldBack = false;
  readonly #isHttp2: boolean;

  constructor(isHttp2: boolean) {
    this.#isHttp2 = isHttp2;
  }

  /** Something has come from the client; `method` when it is the headers. */
  isReading(method?: string): void {
    if (method !== undefined) this.#isHead = method === "HEAD";
    this.#isBusy = true;
    queueMicrotask(() => {
      this.#isBusy = false;
      this.#isHeldBack = false;
    });
  }

  headers(headers: HeaderMap, endOfStream: boolean): void {
    this.#headers = new HeaderMap("response", headers.entries);
    this.#isHeldBack = this.#isBusy;
    if (endOfStream && !this.#isHttp2) this.#declareEmptyBody(this.#headers);
  }

  data(bytes: Uint8Array): void {
    this.#body.push(bytes);
  }

  trailers(trailers: HeaderMap): void {
    this.#trailers = trailers;
  }

  /** What the client makes of it. */
  received(isReset: boolean): Received {
    const headers = this.#headers;
    const trailers = this.#trailers;
    const body = concat(this.#body);
    // Frames of HTTP/2 that wait are dropped with a reset (envoy http2/codec_impl.cc, `resetStream`).
    const isLost = isReset && this.#isHttp2 && this.#isHeldBack;
    if (isLost || headers === null) return { headers: null, body: new Uint8Array(), trailers: null, isComplete: false };
    if (this.#isHttp2) return { headers, body, trailers, isComplete: !isReset };
    const status = Number(headers.get(":status"));
    const length = headers.get("content-length");
    if (this.#isHead || status === 204 || status === 304)
      return { headers, body: new Uint8Array(), trailers: null, isComplete: true };
    if (length === null) return { headers, body, trailers, isComplete: !isReset };
    const isComplete = body.length >= Number(length);
    return { headers, body: body.subarray(0, Number(length)), trailers: null, isComplete };
  }

  /** Source: envoy source/common/http/http1/codec_impl.cc, `encodeHeadersBase`. */
  #declareEmptyBody(headers: HeaderMap): void {
    const status = Number(headers.get(":status"));
    const mayHaveBody = status >= 200 && status !== 204 && status !== 304 && !this.#isHead;
    if (mayHaveBody && headers.get("content-length") === null) headers.add("content-length", "0");
  }
}
