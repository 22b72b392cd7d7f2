/** One HTTP stream: a client's request through the filters to upstream, and the response back. */
import { encode, toText } from "./byte-string.ts";
import { ClientSide } from "./client-side.ts";
import type { Clock } from "./clock.ts";
import { type Protocol, refuse } from "./connection-manager.ts";
import type { RootContext } from "./context.ts";
import { FilterManager, type LocalReply, type StreamEnds } from "./filter-manager.ts";
import { type HeaderLine, HeaderMap } from "./header-map.ts";
import { HttpContext } from "./http-context.ts";
import type { Direction } from "./iteration.ts";
import type { StreamInfo } from "./properties.ts";
import { UpstreamSide } from "./upstream-side.ts";

/** One block of HTTP/2 METADATA, value by name. Guests learn only how many names it has. */
export type Metadata = Readonly<Record<string, string>>;

/** What reached upstream. */
export interface UpstreamRequest {
  readonly method: string;
  readonly path: string;
  readonly authority: string;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
  /** False when the stream ended before the request did. */
  readonly complete: boolean;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers?: readonly HeaderLine[];
  /** Comes behind the headers. */
  readonly metadata?: Metadata;
  /** What is there at once comes with the headers; pieces come as they are there, and the end behind the last. */
  readonly body?: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  readonly trailers?: readonly HeaderLine[];
}

/** Answers a complete request; a rejected promise is a connection that was lost before the response. */
export type Upstream = (request: UpstreamRequest) => Promise<UpstreamResponse>;

/** Answers a request of which the headers have come, or leaves it to `Upstream` by returning null. */
export type EarlyUpstream = (request: UpstreamRequest) => Promise<UpstreamResponse> | null;

export interface StreamResult {
  /** "reset": no complete response came. */
  readonly outcome: "forwarded" | "local" | "reset";
  /** Envoy's `%RESPONSE_CODE_DETAILS%`. */
  readonly details: string | null;
  /** 0 when no headers came. */
  readonly status: number;
  readonly headers: readonly HeaderLine[];
  readonly body: Uint8Array;
  readonly trailers: readonly HeaderLine[];
  /** Null when upstream has seen nothing. */
  readonly upstream: UpstreamRequest | null;
  /** What filters have set for those behind them and for access logs, by key, such as "wasm.operation". */
  readonly filterState: ReadonlyMap<string, Uint8Array>;
}

/** How far a stream has come: as its result, and who holds it. */
export interface StreamProgress extends Omit<StreamResult, "outcome" | "details" | "filterState"> {
  /** A filter holds the request, or the response. */
  readonly paused: { readonly request: boolean; readonly response: boolean };
}

export interface StreamOptions {
  /** One for each filter, in order; a filter that is skipped has none. */
  readonly roots: readonly RootContext[];
  readonly info: StreamInfo;
  readonly clock: Clock;
  readonly upstream: Upstream;
  readonly earlyUpstream: EarlyUpstream;
  readonly upgrades: readonly string[];
  /** Of the listener, for requests, and of the cluster, for responses; 0 = none. */
  readonly limits: { readonly requestBytes: number; readonly responseBytes: number };
}

const connectionLost: LocalReply = {
  status: 503,
  body: encode("upstream connect error or disconnect/reset before headers. reset reason: connection termination"),
  details: "upstream_reset_before_response_started{connection_termination}",
};

/** See `FilterManager.responseFlags`. */
const upstreamConnectionTermination = 1n << 6n;
const downstreamConnectionTermination = 1n << 14n;

export class HttpStream {
  /** Resolves when the stream is over and the filters are gone. */
  readonly finished: Promise<StreamResult>;
  /** Resolves when an HTTP/1 client has the whole response by its framing, which may be before the stream is over. */
  readonly answered: Promise<void>;
  readonly #options: StreamOptions;
  readonly #manager: FilterManager;
  readonly #filters: readonly HttpContext[];
  readonly #upstream: UpstreamSide;
  readonly #client: ClientSide;
  #isForwarded = false;
  #isAnswered = false;
  #finish: (result: StreamResult) => void = () => {};
  /** Hands what must not happen, such as an `EnvoyCrash`, to whoever waits for the stream. */
  #crash: (error: unknown) => void = () => {};

  constructor(options: StreamOptions) {
    this.#options = options;
    this.finished = new Promise((resolve, reject) => {
      this.#finish = resolve;
      this.#crash = reject;
    });
    this.#client = new ClientSide(options.info.protocol === "HTTP/2");
    this.answered = this.#client.answered;
    this.#upstream = new UpstreamSide({
      begun: (request) => this.#answer(request, options.earlyUpstream(request)),
      complete: (request) => this.#forward(request),
    });
    this.#manager = new FilterManager(this.#ends(), options.limits);
    this.#filters = options.roots.map((root) => new HttpContext(root, this.#manager, options.info));
    for (const filter of this.#filters) this.#manager.addFilter(filter);
  }

  get #protocol(): Protocol {
    return this.#options.info.protocol === "HTTP/2" ? "http2" : "http1";
  }

  requestHeaders(headers: HeaderMap, endOfStream: boolean): void {
    this.#client.isReading(headers.get(":method") ?? "");
    if (/^100-continue$/i.test(headers.get("expect") ?? "")) {
      this.#options.info.isContinued = true;
      headers.remove("expect");
    }
    const refusal = refuse(headers, this.#options.upgrades, this.#protocol);
    if (refusal === null) this.#manager.requestHeaders(headers, endOfStream);
    else this.#manager.refuse(refusal.isRead ? headers : null, endOfStream, refusal.reply);
  }

  /** Of a request whose headers have come and which has not ended. */
  requestMetadata(metadata: Metadata): void {
    if (!this.#manager.isFinished) this.#manager.requestMetadata(Object.keys(metadata).length);
  }

  /** HTTP/1 bodies end with no bytes and `endOfStream`, unless trailers end them. */
  requestData(bytes: Uint8Array, endOfStream: boolean): void {
    if (this.#manager.isFinished) return;
    this.#client.isReading();
    this.#options.info.requestBytes += bytes.length;
    this.#manager.requestData(bytes, endOfStream);
  }

  requestTrailers(trailers: HeaderMap): void {
    this.#client.isReading();
    if (!this.#manager.isFinished) this.#manager.requestTrailers(trailers);
  }

  get progress(): StreamProgress {
    const { request, response, isFinished } = this.#manager;
    const isPaused = ({ entries }: Direction) => !isFinished && entries.some(({ state }) => state !== "continue");
    return {
      ...this.#seen(false),
      upstream: this.#upstream.seen(),
      paused: { request: isPaused(request), response: isPaused(response) },
    };
  }

  /** The client goes away. */
  reset(): void {
    if (this.#manager.isFinished) return;
    this.#manager.details = "downstream_remote_disconnect";
    this.#manager.responseFlags |= downstreamConnectionTermination;
    this.#manager.reset();
  }

  #ends(): StreamEnds {
    return {
      sendUpstreamHeaders: (headers, endOfStream) => {
        this.#options.info.chooseUpstream();
        this.#upstream.headers(headers, endOfStream);
      },
      sendUpstreamData: (bytes, endOfStream) => this.#upstream.data(bytes, endOfStream),
      sendUpstreamTrailers: (trailers) => this.#upstream.trailers(trailers),
      sendClientHeaders: (headers, endOfStream) => {
        headers.remove("connection");
        headers.remove("transfer-encoding");
        if (headers.get("date") === null) headers.add("date", httpDate(this.#options.clock));
        // Nobody waits for the rest of a request that has its answer.
        if (this.#protocol === "http1" && !this.#manager.requestComplete) headers.add("connection", "close");
        this.#client.headers(headers, endOfStream);
      },
      sendClientData: (bytes) => {
        this.#options.info.responseBytes += bytes.length;
        this.#client.data(bytes);
      },
      sendClientTrailers: (trailers) => this.#client.trailers(trailers),
      crashed: (error) => this.#crash(error),
      finished: (isReset) => this.#end(isReset),
    };
  }

  #forward(request: UpstreamRequest): void {
    if (!this.#isAnswered) this.#answer(request, this.#options.upstream(request));
  }

  #answer(request: UpstreamRequest, answer: Promise<UpstreamResponse> | null): void {
    if (answer === null) return;
    this.#isAnswered = true;
    const { info, clock } = this.#options;
    const sentNs = clock.monotonicNs();
    const respond = (response: UpstreamResponse | null): Promise<void> | void => {
      if (this.#manager.isFinished || this.#manager.response.headers !== null) return;
      info.backendLatencyNs = clock.monotonicNs() - sentNs;
      if (response !== null) return this.#respond(request, response);
      this.#manager.responseFlags |= upstreamConnectionTermination;
      this.#manager.sendLocalReply(connectionLost);
    };
    answer
      .catch(() => null)
      .then(respond)
      .catch(this.#crash);
  }

  async #respond(request: UpstreamRequest, response: UpstreamResponse): Promise<void> {
    this.#isForwarded = true;
    const { metadata, body = "" } = response;
    const trailers = response.trailers?.length === 0 ? undefined : response.trailers;
    const headers = new HeaderMap("response", [[":status", String(response.status)], ...(response.headers ?? [])]);
    const hasNoBody = request.method === "HEAD" || response.status === 204 || response.status === 304;
    const isAtOnce = typeof body === "string" || body instanceof Uint8Array;
    const isEmpty = isAtOnce && body.length === 0 && metadata === undefined && trailers === undefined;
    this.#manager.responseHeaders(headers, hasNoBody || isEmpty, "via_upstream");
    if (hasNoBody || isEmpty || this.#manager.isFinished) return;
    if (metadata !== undefined) this.#manager.responseMetadata(Object.keys(metadata).length);
    // What is there at once must not wait: the filters see it before anything else happens.
    if (isAtOnce) this.#responseData(body);
    else for await (const piece of body) this.#responseData(piece);
    if (this.#manager.isFinished) return;
    if (trailers === undefined) this.#manager.responseData(new Uint8Array(), true);
    else this.#manager.responseTrailers(new HeaderMap("trailers", trailers));
  }

  #responseData(piece: string | Uint8Array): void {
    if (!this.#manager.isFinished && piece.length > 0) this.#manager.responseData(encode(piece), false);
  }

  /** All filters log, in order; then each is done and deleted (envoy conn_manager_impl.cc, `doDeferredStreamDestroy`). */
  #end(isReset: boolean): void {
    const { info, clock } = this.#options;
    info.durationNs = clock.nowNs() - info.startNs;
    const upstream = this.#upstream.seen();
    for (const filter of this.#filters) filter.log();
    for (const filter of this.#filters) filter.destroy();
    const isForwarded = this.#isForwarded && this.#manager.details === "via_upstream";
    this.#finish({
      outcome: !this.#client.received(isReset).isComplete ? "reset" : isForwarded ? "forwarded" : "local",
      details: this.#manager.details === null ? null : toText(this.#manager.details),
      ...this.#seen(isReset),
      upstream,
      filterState: new Map(Array.from(info.filterState, ([key, { value }]) => [toText(key), value])),
    });
  }

  /** By the client. */
  #seen(isReset: boolean): Pick<StreamResult, "status" | "headers" | "body" | "trailers"> {
    const { headers, body, trailers } = this.#client.received(isReset);
    return {
      status: Number(headers?.get(":status") ?? 0),
      headers: headers?.lines() ?? [],
      body,
      trailers: trailers?.lines() ?? [],
    };
  }
}

const httpDate = (clock: Clock): string => new Date(Number(clock.nowNs() / 1_000_000n)).toUTCString();
