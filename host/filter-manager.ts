/**
 * One HTTP stream through a chain of filters: request in order, response in reverse, local replies between them.
 * Source: envoy source/common/http/filter_manager.cc, source/common/http/utility.cc (`prepareLocalReply`).
 */
import { BodyBuffer } from "./body-buffer.ts";
import { type ByteString, byteString, bytesOf, encode } from "./byte-string.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import { httpToGrpcStatus } from "./grpc-status.ts";
import { HeaderMap } from "./header-map.ts";
import { Direction, Entry, type FilterDirection } from "./iteration.ts";
import type { Pair } from "./pairs.ts";

export interface HttpFilter {
  readonly request: FilterDirection;
  readonly response: FilterDirection;
}

/** A response of the proxy itself. */
export interface LocalReply {
  readonly status: number;
  readonly body?: Uint8Array;
  readonly headers?: readonly Pair[];
  /** For requests with a gRPC content type; default: derived from `status`. */
  readonly grpcStatus?: number;
  readonly details: ByteString;
}

/** What surrounds the chain: upstream at one end, the client at the other. */
export interface StreamEnds {
  sendUpstreamHeaders(headers: HeaderMap, endOfStream: boolean): void;
  sendUpstreamData(bytes: Uint8Array, endOfStream: boolean): void;
  sendUpstreamTrailers(trailers: HeaderMap): void;
  sendClientHeaders(headers: HeaderMap, endOfStream: boolean): void;
  sendClientData(bytes: Uint8Array, endOfStream: boolean): void;
  sendClientTrailers(trailers: HeaderMap): void;
  /** Something went wrong that must not, such as an `EnvoyCrash`. */
  crashed(error: unknown): void;
  /** The stream is over: by its response, or by a reset when `isReset`. */
  finished(isReset: boolean): void;
}

const payloadTooLarge: LocalReply = {
  status: 413,
  body: encode("Payload Too Large"),
  details: "request_payload_too_large",
};
const responseTooLarge: LocalReply = {
  status: 500,
  body: encode("Internal Server Error"),
  details: "response_payload_too_large",
};

const noRouteFound = 1n << 8n;

export class FilterManager {
  readonly request: Direction;
  readonly response: Direction;
  /** `%RESPONSE_CODE_DETAILS%`; null until there are any. */
  details: ByteString | null = null;
  /** Of the response as upstream or a local reply has it, until it is sent; null before. */
  responseCode: number | null = null;
  /** Bits as in `response.flags` (envoy/stream_info/stream_info.h, `CoreResponseFlag`). */
  responseFlags = 0n;
  requestComplete = false;
  /** The whole response has been handed to the filters. */
  responseComplete = false;
  isFinished = false;
  readonly #ends: StreamEnds;
  #prepared: LocalReply | null = null;
  #responseStarted = false;
  // As the client asked: filters may change the headers, not what kind of request it is.
  #isGrpc = false;
  #isHead = false;

  /** Filters are added one by one, before the request. */
  constructor(ends: StreamEnds, limits: { readonly requestBytes: number; readonly responseBytes: number }) {
    this.#ends = ends;
    this.request = new Direction(
      {
        headers: (headers, endOfStream) => this.#routeRequest(headers, endOfStream),
        data: (data, endOfStream) => ends.sendUpstreamData(drain(data), endOfStream),
        trailers: (trailers) => ends.sendUpstreamTrailers(trailers),
        trailersOvertake: true,
        guard: (action) => this.guard(action),
        isComplete: () => this.requestComplete,
        isOver: () => this.responseComplete || this.isFinished,
        tooLarge: () => this.sendLocalReply(payloadTooLarge),
        aborted: () => this.#sendPreparedReply(),
      },
      limits.requestBytes,
    );
    this.response = new Direction(
      {
        headers: (headers, endOfStream) => this.#sendHeaders(headers, endOfStream),
        data: (data, endOfStream) => this.#send(endOfStream, () => ends.sendClientData(drain(data), endOfStream)),
        trailers: (trailers) => this.#send(true, () => ends.sendClientTrailers(trailers)),
        trailersOvertake: false,
        guard: (action) => this.guard(action),
        isComplete: () => this.responseComplete,
        isOver: () => this.isFinished,
        tooLarge: () => this.sendLocalReply(responseTooLarge),
        aborted: () => {},
      },
      limits.responseBytes,
    );
  }

  /** Puts a filter behind the others: requests pass it last, responses first. */
  addFilter(filter: HttpFilter): void {
    this.request.entries.push(new Entry(filter.request));
    this.response.entries.unshift(new Entry(filter.response));
  }

  requestHeaders(headers: HeaderMap, endOfStream: boolean): void {
    this.#begin(headers, endOfStream);
    this.request.startHeaders(headers, endOfStream);
  }

  /** Answers a request that no filter sees; without `headers` when the codec could not make any of it. */
  refuse(headers: HeaderMap | null, endOfStream: boolean, reply: LocalReply): void {
    this.requestComplete = endOfStream;
    if (headers !== null) this.#begin(headers, endOfStream);
    this.request.headers = headers;
    this.sendLocalReply(reply);
  }

  #begin(headers: HeaderMap, endOfStream: boolean): void {
    this.requestComplete = endOfStream;
    this.#isGrpc = /^application\/grpc([+;]|$)/.test(headers.get("content-type") ?? "");
    this.#isHead = headers.get(":method") === "HEAD";
  }

  requestData(bytes: Uint8Array, endOfStream: boolean): void {
    receiveData(this.request, bytes, endOfStream, () => {
      this.requestComplete = endOfStream;
    });
  }

  requestMetadata(count: number): void {
    this.request.startMetadata(count);
  }

  requestTrailers(trailers: HeaderMap): void {
    this.request.receive(() => {
      this.requestComplete = true;
      this.request.startTrailers(trailers);
    });
  }

  responseHeaders(headers: HeaderMap, endOfStream: boolean, details: ByteString): void {
    this.details = details;
    this.responseCode ??= Number(headers.get(":status"));
    this.responseComplete = endOfStream;
    this.response.startHeaders(headers, endOfStream);
  }

  responseData(bytes: Uint8Array, endOfStream: boolean): void {
    receiveData(this.response, bytes, endOfStream, () => {
      this.responseComplete = endOfStream;
    });
  }

  responseMetadata(count: number): void {
    this.response.startMetadata(count);
  }

  responseTrailers(trailers: HeaderMap): void {
    this.response.receive(() => {
      this.responseComplete = true;
      this.response.startTrailers(trailers);
    });
  }

  /**
   * Answers in place of upstream. Before any response the reply passes the filters; while a response is held back in
   * them it goes to the client directly; after its headers have gone out the stream is reset.
   */
  sendLocalReply(reply: LocalReply): void {
    if (this.isFinished) return;
    this.#crashInResponseMetadata();
    if (this.request.calling) this.request.aborted = true;
    else if (this.response.calling) this.response.aborted = true;
    this.details = reply.details;
    if (this.#responseStarted) this.reset();
    else if (this.response.headers !== null) this.#replyDirectly(reply);
    else if (this.request.calling) this.#prepared ??= reply;
    else this.#replyThroughFilters(reply);
  }

  /** Ends the stream without a (complete) response. */
  reset(): void {
    this.#crashInResponseMetadata();
    if (this.response.goesOnFromTrailers) {
      this.response.goesOnFromTrailers = false;
      throw new EnvoyCrash("closing a stream in proxy_on_response_trailers and going on ends the Envoy process");
    }
    if (this.request.calling) this.request.aborted = true;
    else if (this.response.calling) this.response.aborted = true;
    this.#finish(true);
  }

  guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#ends.crashed(error);
    }
  }

  /** Envoy goes on with the metadata of a stream that is gone: `encodeMetadata` looks at the filter's status alone. */
  #crashInResponseMetadata(): void {
    if (!this.response.callingWithMetadata) return;
    throw new EnvoyCrash("ending a stream in proxy_on_response_metadata, by failing too, ends the Envoy process");
  }

  #routeRequest(headers: HeaderMap, endOfStream: boolean): void {
    if (!headers.get(":path")?.startsWith("/") || !headers.get("x-forwarded-proto")) {
      this.responseFlags |= noRouteFound;
      this.sendLocalReply({ status: 404, details: "route_not_found" });
    } else if (headers.get(":method") === null) {
      // Not before there is a connection to write to (envoy source/common/http/header_utility.cc
      // `checkRequiredRequestHeaders`).
      const reply = missingHeader(503, "request", ":method");
      queueMicrotask(() => this.guard(() => this.sendLocalReply(reply)));
    } else {
      this.#ends.sendUpstreamHeaders(headers, endOfStream);
    }
  }

  #sendHeaders(headers: HeaderMap, endOfStream: boolean): void {
    const status = headers.get(":status");
    if (status === null || !/^\d+$/.test(status)) {
      this.sendLocalReply(missingHeader(502, "response", ":status"));
      return;
    }
    this.#responseStarted = true;
    this.responseCode = Number(status);
    this.#send(endOfStream, () => this.#ends.sendClientHeaders(headers, endOfStream));
  }

  #send(endOfStream: boolean, send: () => void): void {
    if (this.isFinished) return;
    send();
    if (endOfStream) this.#finish(false);
  }

  #finish(isReset: boolean): void {
    if (this.isFinished) return;
    this.isFinished = true;
    this.#ends.finished(isReset);
  }

  #sendPreparedReply(): void {
    const reply = this.#prepared;
    this.#prepared = null;
    if (reply !== null && !this.isFinished) this.#replyThroughFilters(reply);
  }

  #replyThroughFilters(reply: LocalReply): void {
    this.responseCode = reply.status;
    const { headers, body } = this.#render(reply);
    this.responseHeaders(headers, body.length === 0, reply.details);
    if (body.length > 0) this.responseData(body, true);
  }

  #replyDirectly(reply: LocalReply): void {
    const { headers, body } = this.#render(reply);
    this.response.headers = headers;
    this.responseCode = Number(headers.get(":status"));
    this.#responseStarted = true;
    this.responseComplete = true;
    this.#send(body.length === 0, () => this.#ends.sendClientHeaders(headers, body.length === 0));
    if (body.length > 0) this.#send(true, () => this.#ends.sendClientData(body, true));
  }

  #render(reply: LocalReply): { headers: HeaderMap; body: Uint8Array } {
    const body = reply.body ?? new Uint8Array();
    const headers = new HeaderMap("response", [[":status", String(reply.status)], ...(reply.headers ?? [])]);
    headers.replace(":status", String(reply.status));
    if (this.#isGrpc) {
      renderGrpc(headers, reply, this.#isHead ? new Uint8Array() : body);
      return { headers, body: new Uint8Array() };
    }
    headers.remove("content-length");
    if (body.length === 0) {
      headers.remove("content-type");
      return { headers, body };
    }
    headers.replace("content-length", String(body.length));
    if (headers.get("content-type") === null) headers.add("content-type", "text/plain");
    return { headers, body: this.#isHead ? new Uint8Array() : body };
  }
}

/** `begin` comes before the filters. The end of a body is never read as one with what came before it. */
function receiveData(direction: Direction, bytes: Uint8Array, endOfStream: boolean, begin: () => void): void {
  const pass = (piece: Uint8Array) => {
    begin();
    direction.startData(new BodyBuffer(piece), endOfStream);
  };
  if (endOfStream) direction.receive(() => pass(bytes));
  else direction.receive(pass, bytes);
}

function drain(data: BodyBuffer): Uint8Array {
  const { bytes } = data;
  data.clear();
  return bytes;
}

function missingHeader(status: number, direction: "request" | "response", name: string): LocalReply {
  return {
    status,
    body: bytesOf(`missing required header: ${name}`),
    details: `filter_removed_required_${direction}_headers{missing_required_header:_${name}}`,
  };
}

function renderGrpc(headers: HeaderMap, reply: LocalReply, body: Uint8Array): void {
  headers.set(":status", "200");
  headers.remove("content-length");
  headers.set("content-type", "application/grpc");
  // What a filter has asked for stays.
  if (headers.get("grpc-status") === null)
    headers.set("grpc-status", String(reply.grpcStatus ?? httpToGrpcStatus(reply.status)));
  if (body.length > 0) headers.set("grpc-message", percentEncode(byteString(body)));
}

const percentEncode = (text: ByteString): ByteString =>
  text.replace(/[^ -~]|%/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
