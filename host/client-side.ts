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

const nothing: Received = { headers: null, body: new Uint8Array(), trailers: null, isComplete: false };

export class ClientSide {
  /** See `HttpStream`. */
  readonly answered: Promise<void>;
  #onAnswered: () => void = () => {};
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
    this.answered = new Promise((resolve) => {
      this.#onAnswered = resolve;
    });
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
    // What a client of HTTP/2 makes of it (nghttp2 lib/nghttp2_http.c, `http_response_on_header`).
    if (this.#isHttp2 && headers.get(":status") === "204" && headers.get("content-length") === "0") {
      this.#headers.remove("content-length");
    }
    this.#isHeldBack = this.#isBusy;
    if (endOfStream && !this.#isHttp2) this.#declareEmptyBody(this.#headers);
    this.#look();
  }

  data(bytes: Uint8Array): void {
    this.#body.push(bytes);
    this.#look();
  }

  trailers(trailers: HeaderMap): void {
    this.#trailers = trailers;
  }

  #look(): void {
    if (!this.#isHttp2 && this.received(true).isComplete) this.#onAnswered();
  }

  /** What the client makes of it. */
  received(isReset: boolean): Received {
    const headers = this.#headers;
    const trailers = this.#trailers;
    const body = concat(this.#body);
    // Frames of HTTP/2 that wait are dropped with a reset (envoy http2/codec_impl.cc, `resetStream`).
    const isLost = isReset && this.#isHttp2 && this.#isHeldBack;
    if (isLost || headers === null) return nothing;
    const status = Number(headers.get(":status"));
    if (this.#isHttp2 && !/^[1-9]..$/.test(headers.get(":status") ?? "")) return nothing;
    const isBodiless = this.#isHead || status === 204 || status === 304;
    const declared = headers.get("content-length");
    // RFC 9113, section 8.1.1: what is malformed is a stream error.
    if (this.#isHttp2 && declared !== null && (!/^\d+$/.test(declared) || (status === 204 && declared !== "0")))
      return nothing;
    if (this.#isHttp2 && isBodiless && body.length > 0) return nothing;
    if (isBodiless) return { headers, body: new Uint8Array(), trailers: null, isComplete: !this.#isHttp2 || !isReset };
    if (status < 200 && !this.#isHttp2 && declared === null) return { headers, body, trailers, isComplete: false };
    if (declared === null) return { headers, body, trailers, isComplete: !isReset };
    const length = Number(declared);
    if (this.#isHttp2) return this.#framesWithin(length, isReset);
    return { headers, body: body.subarray(0, length), trailers: null, isComplete: body.length >= length };
  }

  /** A frame that goes past the declared length is a stream error, and so is an end before it. */
  #framesWithin(length: number, isReset: boolean): Received {
    if (this.#body.length === 0 && length > 0 && !isReset) return nothing;
    let size = 0;
    const isPast = (frame: Uint8Array) => {
      size += frame.length;
      return size > length;
    };
    const past = this.#body.findIndex(isPast);
    const frames = past < 0 ? this.#body : this.#body.slice(0, past);
    const isComplete = !isReset && past < 0 && size === length;
    return { headers: this.#headers, body: concat(frames), trailers: this.#trailers, isComplete };
  }

  /** Source: envoy source/common/http/http1/codec_impl.cc, `encodeHeadersBase`. */
  #declareEmptyBody(headers: HeaderMap): void {
    const status = Number(headers.get(":status"));
    const mayHaveBody = status >= 200 && status !== 204 && status !== 304 && !this.#isHead;
    if (mayHaveBody && headers.get("content-length") === null) headers.add("content-length", "0");
  }
}
