/**
 * One filter's context on one HTTP stream: callbacks into the module, and what host calls see between them.
 * Source: envoy source/extensions/common/wasm/context.cc (`decodeHeaders` ... `encodeTrailers`, `log`, `onDestroy`).
 */
import {
  BufferKind,
  type CallbackName,
  DataStatus,
  HeadersStatus,
  MapKind,
  Status,
  StreamType,
  TrailersStatus,
} from "./abi.ts";
import type { BodyBuffer } from "./body-buffer.ts";
import type { GuestBuffer, LocalResponse, RootContext } from "./context.ts";
import { EnvoyCrash } from "./envoy-crash.ts";
import type { FilterManager, HttpFilter } from "./filter-manager.ts";
import { HeaderMap } from "./header-map.ts";
import type { Direction, FilterDirection } from "./iteration.ts";
import type { Outcome, ReadableMaps, StreamInfo } from "./properties.ts";
import { StreamContext } from "./stream-context.ts";

type Phase = "stream" | "log" | "done";

/** What one direction of the stream shows to the guest. */
class Half implements FilterDirection {
  currentHeaders: HeaderMap | null = null;
  currentData: BodyBuffer | null = null;
  currentTrailers: HeaderMap | null = null;
  /** The last body callback held everything: the guest sees all of it, each new piece included. */
  isBuffering = false;
  readonly #context: HttpContext;
  readonly #name: "request" | "response";

  constructor(context: HttpContext, name: "request" | "response") {
    this.#context = context;
    this.#name = name;
  }

  get direction(): Direction {
    return this.#context.manager[this.#name];
  }

  get isSkipped(): boolean {
    return !this.#context.isCreated || (this.#name === "response" && this.#context.hasFailedStream);
  }

  headers(headers: HeaderMap, endOfStream: boolean): HeadersStatus {
    if (this.#name === "request") this.#context.create();
    if (this.isSkipped) return HeadersStatus.Continue;
    this.currentHeaders = headers;
    this.#context.endOfStream = endOfStream;
    const status = this.#context.call(
      `proxy_on_${this.#name}_headers`,
      [headers.size, Number(endOfStream)],
      HeadersStatus.StopAllIterationAndWatermark,
      (result) => this.#headersStatus(result),
    );
    if (status === HeadersStatus.Continue) this.currentHeaders = null;
    return status;
  }

  data(data: BodyBuffer, endOfStream: boolean): DataStatus {
    if (this.isSkipped) return DataStatus.Continue;
    if (this.isBuffering) this.direction.hold(data, "with-limit");
    if (this.#context.manager.isFinished) return DataStatus.StopIterationNoBuffer;
    this.currentData = data;
    this.#context.endOfStream = endOfStream;
    const status = this.#context.call(
      `proxy_on_${this.#name}_body`,
      [this.body.length, Number(endOfStream)],
      DataStatus.StopIterationNoBuffer,
      (result) =>
        result > DataStatus.StopIterationNoBuffer ? DataStatus.StopIterationNoBuffer : (result as DataStatus),
    );
    this.isBuffering = status === DataStatus.StopIterationAndBuffer;
    if (status === DataStatus.Continue) this.currentData = null;
    return status;
  }

  trailers(trailers: HeaderMap): TrailersStatus {
    if (this.isSkipped) return TrailersStatus.Continue;
    this.currentTrailers = trailers;
    const status = this.#context.call(
      `proxy_on_${this.#name}_trailers`,
      [trailers.size],
      TrailersStatus.StopIteration,
      (result) => {
        this.direction.goesOnFromTrailers = result === 0;
        return result === 0 ? TrailersStatus.Continue : TrailersStatus.StopIteration;
      },
    );
    if (status === TrailersStatus.Continue) this.currentTrailers = null;
    return status;
  }

  /** Whatever the guest returns: Envoy's Wasm filter goes on. */
  metadata(count: number): void {
    if (!this.isSkipped) this.#context.call(`proxy_on_${this.#name}_metadata`, [count], 0, () => 0);
  }

  get body(): GuestBuffer {
    const body = this.isBuffering ? this.direction.buffered : this.currentData;
    return body ?? new Uint8Array();
  }

  /** Trailers to change; in the last body callback of a message without any, changing them makes them. */
  trailersToEdit(): HeaderMap | null {
    if (this.currentTrailers !== null) return this.currentTrailers;
    if (this.currentData === null || !this.#context.endOfStream || this.direction.trailers !== null) return null;
    this.currentTrailers = new HeaderMap(this.#name === "request" ? "requestTrailers" : "trailers");
    this.direction.trailers = this.currentTrailers;
    return this.currentTrailers;
  }

  #headersStatus(result: number): HeadersStatus {
    if (result > HeadersStatus.StopAllIterationAndWatermark) return HeadersStatus.StopAllIterationAndWatermark;
    if (result === HeadersStatus.ContinueAndEndStream) return HeadersStatus.Continue;
    const stopsAll = result === HeadersStatus.StopIteration && !this.#context.root.plugin.allowOnHeadersStopIteration;
    return stopsAll ? HeadersStatus.StopAllIterationAndWatermark : (result as HeadersStatus);
  }
}

const inEnd = "closing or answering a stream in proxy_on_log, proxy_on_done or proxy_on_delete ends the Envoy process";
const twice = "closing or answering a stream that this callback closes or answers already ends the Envoy process";

export class HttpContext extends StreamContext implements HttpFilter {
  readonly manager: FilterManager;
  readonly request = new Half(this, "request");
  readonly response = new Half(this, "response");
  /** The VM failed and the stream was answered for it. */
  hasFailedStream = false;
  /** The last headers or body callback, of either direction, said so. */
  endOfStream = false;
  #phase: Phase = "stream";
  /** What the callback has asked for that is running. */
  #ending: "close" | "answer" | null = null;

  /** `manager` runs the chain this context is a filter of. */
  constructor(root: RootContext, manager: FilterManager, info: StreamInfo) {
    super(root, info);
    this.manager = manager;
  }

  /** Calls back with this context's id first; a callback that is not exported continues, one that fails answers 503. */
  call<T extends number>(
    name: CallbackName,
    values: readonly number[],
    stopped: T,
    settle: (result: number) => T | 0,
  ): T | 0 {
    const isExported = this.vm.exports(name);
    return this.vm.callback(this, name, [this.id, ...values], (result, isStopped) => {
      if (this.vm.failure !== null) return this.#fail(stopped);
      if (!isExported) return 0;
      return isStopped ? stopped : settle(result ?? 0);
    });
  }

  log(): void {
    this.create();
    this.#phase = "log";
    this.vm.callback(this, "proxy_on_log", [this.id], () => {});
    this.#phase = "done";
  }

  destroy(): void {
    this.#phase = "done";
    this.vm.callback(this, "proxy_on_done", [this.id], () => {});
    this.vm.callback(this, "proxy_on_delete", [this.id], () => {});
    this.vm.contexts.delete(this.id);
  }

  override readMap(kind: MapKind): HeaderMap | null {
    const isLog = this.#phase === "log";
    switch (kind) {
      case MapKind.RequestHeaders:
        return isLog ? this.manager.request.headers : this.request.currentHeaders;
      case MapKind.RequestTrailers:
        return isLog ? null : this.request.currentTrailers;
      case MapKind.ResponseHeaders:
        return isLog ? this.manager.response.headers : this.response.currentHeaders;
      case MapKind.ResponseTrailers:
        return isLog ? this.manager.response.trailers : this.response.currentTrailers;
      default:
        return super.readMap(kind);
    }
  }

  override editMap(kind: MapKind): HeaderMap | null {
    switch (kind) {
      case MapKind.RequestHeaders:
        return this.request.currentHeaders;
      case MapKind.RequestTrailers:
        return this.request.trailersToEdit();
      case MapKind.ResponseHeaders:
        return this.response.currentHeaders;
      case MapKind.ResponseTrailers:
        return this.response.trailersToEdit();
      default:
        return null;
    }
  }

  override get absentMapStatus(): Status {
    return this.#phase === "log" ? Status.NotFound : Status.BadArgument;
  }

  override buffer(kind: BufferKind): GuestBuffer | null {
    if (kind === BufferKind.HttpRequestBody) return this.request.body;
    if (kind === BufferKind.HttpResponseBody) return this.response.body;
    return super.buffer(kind);
  }

  override continueStream(type: StreamType): void {
    if (type === StreamType.Request) this.#defer(() => this.manager.request.continue(this.request));
    if (type === StreamType.Response) this.#defer(() => this.manager.response.continue(this.response));
    if (type !== StreamType.Request && type !== StreamType.Response) return;
    // Both types forget the request, at once (context.cc, `continueStream`).
    this.request.currentHeaders = null;
    this.request.currentData = null;
    this.request.currentTrailers = null;
  }

  override closeStream(type: StreamType): void {
    if (type !== StreamType.Request && type !== StreamType.Response) return;
    this.#end("close", () => this.manager.reset());
    this.manager.details ??= "wasm_close_stream";
  }

  override sendLocalResponse(response: LocalResponse): void {
    const { status, body, headers, grpcStatus } = response;
    const details = response.details.replace(/[\t\n\v\f\r ]/g, "_");
    const grpc = grpcStatus <= 16 ? { grpcStatus } : {};
    this.#end("answer", () => this.manager.sendLocalReply({ status, body, headers, details, ...grpc }));
  }

  /** Ends the stream when the callback has returned. Envoy would end it again with what it has freed by then. */
  #end(how: "close" | "answer", act: () => void): void {
    if (this.#phase !== "stream") throw new EnvoyCrash(inEnd);
    const { request, response } = this.manager;
    const endsTwice = response.calling || (request.calling && how === "close");
    if (this.#ending === "close" || (this.#ending === "answer" && endsTwice)) throw new EnvoyCrash(twice);
    this.#ending = how;
    this.vm.defer(() => {
      this.#ending = null;
      act();
    });
  }

  /** For when the callback has returned. What ends Envoy then is told to whoever waits for the stream. */
  #defer(action: () => void): void {
    this.vm.defer(() => this.manager.guard(action));
  }

  protected override get maps(): ReadableMaps {
    return {
      requestHeaders: this.readMap(MapKind.RequestHeaders),
      responseHeaders: this.response.currentHeaders ?? this.readMap(MapKind.ResponseHeaders),
      responseTrailers: this.response.currentTrailers ?? this.readMap(MapKind.ResponseTrailers),
    };
  }

  protected override get outcome(): Outcome {
    return this.manager;
  }

  /** Whatever the failure policy: it is about the requests after this one. */
  #fail<T>(stopped: T): T {
    if (!this.hasFailedStream) {
      this.manager.sendLocalReply({ status: 503, grpcStatus: 14, details: "wasm_fail_stream" });
      this.hasFailedStream = true;
    }
    return stopped;
  }
}
