// What a filter extends. Every callback has a default, and only those that a filter overrides are in its module.
import {
  BufferKind,
  FilterDataStatus,
  FilterHeadersStatus,
  FilterStatus,
  FilterTrailersStatus,
  MapKind,
  PeerType,
  Status,
  StreamKind,
} from "./abi";
import { Buffer } from "./body";
import { refusesClose, refusesResume } from "./crash-guard";
import * as host from "./env";
import { HeaderMap } from "./headers";
import { Identified } from "./id-table";
import { unexpected } from "./log";

/** Its `id` is the host's number of it: unique in its VM, never used again. */
export abstract class Context extends Identified {
  /** The stream or plugin ends. A root context that returns false must call `done()` later. */
  onDone(): bool {
    return true;
  }

  /** Time for access logging, when the stream is over: header maps can be read, nothing can be changed. */
  onLog(): void {}

  /** The last callback of this context. */
  onDelete(): void {}
}

/** One for each plugin configuration in a VM; makes the contexts of its streams. */
export abstract class RootContext extends Context {
  /** The VM has started; false refuses the configuration. */
  onStart(vmConfiguration: Buffer): bool {
    return true;
  }

  /** The plugin's configuration, readable only inside this callback; false refuses it (log the reason before). */
  onConfigure(configuration: Buffer): bool {
    return true;
  }

  /** One period of `setTickPeriodMs` is over. No stream is current: see `setEffectiveContext`. */
  onTick(): void {}

  /** One item has been put into a queue that this VM registered; another VM may have taken it already. */
  onQueueReady(token: u32): void {}

  /** A foreign function calls back, with its argument; Envoy's own never do. `id` is the function's own number. */
  onForeignFunction(id: u32, argument: Buffer): void {}

  /** The context of a new HTTP stream; null leaves the stream alone. */
  createHttpContext(id: u32): HttpContext | null {
    return null;
  }

  /** The context of a new TCP connection, for network filters: asked when `createHttpContext` has returned null. */
  createStreamContext(id: u32): StreamContext | null {
    return null;
  }

  /** Calls `onTick` every `ms` milliseconds from now on, on this thread; 0 stops. */
  setTickPeriodMs(ms: u32): void {
    const status = host.proxy_set_tick_period_milliseconds(ms);
    if (status != Status.Ok) unexpected("proxy_set_tick_period_milliseconds", status);
  }

  /** Ends the plugin after `onDone` has returned false. */
  done(): void {
    const status = host.proxy_done();
    if (status != Status.Ok) unexpected("proxy_done", status);
  }
}

/** One HTTP stream: a request and its response. */
export abstract class HttpContext extends Context {
  /** `count` lines have come; with `endOfStream` there is neither body nor trailers. */
  onRequestHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }

  /** `size` bytes can be read; `endOfStream` is never true when trailers follow. */
  onRequestBody(size: u32, endOfStream: bool): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  onRequestTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  onResponseHeaders(count: u32, endOfStream: bool): FilterHeadersStatus {
    return FilterHeadersStatus.Continue;
  }

  onResponseBody(size: u32, endOfStream: bool): FilterDataStatus {
    return FilterDataStatus.Continue;
  }

  onResponseTrailers(count: u32): FilterTrailersStatus {
    return FilterTrailersStatus.Continue;
  }

  /** HTTP/2 METADATA frames have come; the ABI has no call to read what is in them. */
  onRequestMetadata(count: u32): void {}

  /** As `onRequestMetadata`. A local response or a close in it would crash Envoy, and is refused. */
  onResponseMetadata(count: u32): void {}

  get request(): HttpMessage {
    return requestMessage();
  }

  get response(): HttpMessage {
    return responseMessage();
  }

  /** Lets a paused request go on when this callback returns. In the callback that pauses it, it would hang for ever. */
  resumeRequest(): void {
    resume(StreamKind.Request);
  }

  /** As `resumeRequest`, for the response. Refused before there is one: Envoy would crash. */
  resumeResponse(): void {
    if (!refusesResume()) resume(StreamKind.Response);
  }

  /**
   * Resets the stream when this callback returns; the client gets no answer. Refused where Envoy would crash: a second time,
   * beside a local response, and in `onLog`, `onDone`, `onDelete`.
   */
  closeRequest(): void {
    closeHttp(StreamKind.Request);
  }

  /** As `closeRequest`, from the response's side. */
  closeResponse(): void {
    closeHttp(StreamKind.Response);
  }
}

/**
 * One TCP connection through a network filter (`envoy.filters.network.wasm`). Downstream is the client, upstream the
 * server. Source: envoy source/extensions/common/wasm/context.cc, `onNetworkNewConnection` and what follows it.
 */
export abstract class StreamContext extends Context {
  onNewConnection(): FilterStatus {
    return FilterStatus.Continue;
  }

  /** `size` bytes from the client can be read and changed; after StopIteration they are kept, and come again with more. */
  onDownstreamData(size: u32, endOfStream: bool): FilterStatus {
    return FilterStatus.Continue;
  }

  /** As `onDownstreamData`, for bytes from the server. */
  onUpstreamData(size: u32, endOfStream: bool): FilterStatus {
    return FilterStatus.Continue;
  }

  onDownstreamClose(peer: PeerType): void {}

  /** The server has sent its last byte. Envoy does not say who closed: `peer` is Unknown. */
  onUpstreamClose(peer: PeerType): void {}

  /** What the client sends. */
  get downstream(): Buffer {
    return new Buffer(BufferKind.DownstreamData);
  }

  /** What the server sends. */
  get upstream(): Buffer {
    return new Buffer(BufferKind.UpstreamData);
  }

  /** Lets what the client has sent go on after StopIteration. The other direction goes on with its next data alone. */
  resumeDownstream(): void {
    resume(StreamKind.Downstream);
  }

  /** Closes the connection to the client, when what was written has been sent. */
  closeDownstream(): void {
    close(StreamKind.Downstream);
  }

  closeUpstream(): void {
    close(StreamKind.Upstream);
  }
}

function closeHttp(kind: StreamKind): void {
  if (!refusesClose()) close(kind);
}

function close(kind: StreamKind): void {
  const status = host.proxy_close_stream(kind);
  if (status != Status.Ok) unexpected("proxy_close_stream", status);
}

function resume(kind: StreamKind): void {
  const status = host.proxy_continue_stream(kind);
  if (status != Status.Ok) unexpected("proxy_continue_stream", status);
}

/** The parts of a request or response; it holds no data, the host does. */
export class HttpMessage {
  readonly headers: HeaderMap;
  readonly body: Buffer;
  readonly trailers: HeaderMap;

  constructor(headers: MapKind, body: BufferKind, trailers: MapKind) {
    this.headers = new HeaderMap(headers);
    this.body = new Buffer(body);
    this.trailers = new HeaderMap(trailers);
  }
}

// One of each serves all streams; made when it is first asked for, so that a filter which asks for none has none.
let request: HttpMessage | null = null;
let response: HttpMessage | null = null;

function requestMessage(): HttpMessage {
  const known = request;
  if (known !== null) return known;
  const made = new HttpMessage(MapKind.RequestHeaders, BufferKind.HttpRequestBody, MapKind.RequestTrailers);
  request = made;
  return made;
}

function responseMessage(): HttpMessage {
  const known = response;
  if (known !== null) return known;
  const made = new HttpMessage(MapKind.ResponseHeaders, BufferKind.HttpResponseBody, MapKind.ResponseTrailers);
  response = made;
  return made;
}
