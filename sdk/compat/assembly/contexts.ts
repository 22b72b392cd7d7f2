// What filters extend. Their members have solo-io's names and no others, as a filter may use any other for its own.
import { BufferKind } from "@proxy-wasm-kit/sdk/assembly/abi";
import { Buffer } from "@proxy-wasm-kit/sdk/assembly/body";
import { unexpected } from "@proxy-wasm-kit/sdk/assembly/log";
import { Headers } from "./headers";
import { cancelHttpCalls, httpCall, receiveHttpCallResponse } from "./http-call";
import { continue_request, done, proxy_set_effective_context } from "./stream";
import {
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterMetadataStatusValues,
  FilterStatusValues,
  FilterTrailersStatusValues,
  PeerTypeValues,
  WasmResultValues,
} from "./values";

export abstract class BaseContext {
  context_id: u32;

  constructor(context_id_: u32) {
    this.context_id = context_id_;
  }

  continueRequest(): void {
    const status = continue_request();
    if (status != WasmResultValues.Ok) unexpected("proxy_continue_stream", status);
  }

  /** The stream or plugin ends. A root context that returns false must call `done()` later. */
  onDone(): bool {
    return true;
  }

  onDelete(): void {}
}

/** Whom to call back with the answer to an `httpCall`. */
export class HttpCallback {
  origin_context: BaseContext;
  cb: (origin_context: BaseContext, headers: u32, body_size: usize, trailers: u32) => void;

  constructor(
    origin_context: BaseContext,
    cb: (origin_context: BaseContext, headers: u32, body_size: usize, trailers: u32) => void,
  ) {
    this.origin_context = origin_context;
    this.cb = cb;
  }
}

/** One for each plugin configuration; makes the contexts of its streams. */
export class RootContext extends BaseContext {
  private configuration_: string = "";

  constructor(context_id: u32) {
    super(context_id);
  }

  /** The plugin's configuration; "" in a class whose `onConfigure` does not call `super.onConfigure`. */
  getConfiguration(): string {
    return this.configuration_;
  }

  createContext(context_id: u32): Context {
    return new Context(context_id, this);
  }

  /** Calls back all open `httpCall`s as failed; their answers are then ignored. Done before `onDelete` too. */
  cancelPendingRequests(): void {
    cancelHttpCalls(this);
  }

  /** Envoy never asks. */
  validateConfiguration(configuration_size: usize): bool {
    return true;
  }

  /** False refuses the configuration. */
  onConfigure(configuration_size: u32): bool {
    this.configuration_ = new Buffer(BufferKind.PluginConfiguration).text();
    return true;
  }

  onStart(vm_configuration_size: usize): bool {
    return true;
  }

  onTick(): void {}

  onQueueReady(token: u32): void {}

  /** Ends the plugin whose `onDone` has returned false. */
  done(): void {
    done();
  }

  /**
   * Sends a request to a cluster. `cb` is called once, on behalf of `origin_context`: with `headers` 0 when it failed, and
   * not at all when the stream is gone by then, or when the result is not Ok.
   */
  httpCall(
    cluster: string,
    headers: Headers,
    body: ArrayBuffer,
    trailers: Headers,
    timeout_milliseconds: u32,
    origin_context: BaseContext,
    cb: (origin_context: Context, headers: u32, body_size: usize, trailers: u32) => void,
  ): WasmResultValues {
    // A function of the later versions takes a BaseContext, and so does for a Context; the origin may be either.
    const callback = changetype<(origin: BaseContext, headers: u32, body_size: usize, trailers: u32) => void>(cb);
    const asked = new HttpCallback(origin_context, callback);
    return httpCall(this, cluster, headers, body, trailers, timeout_milliseconds, asked);
  }

  onHttpCallResponse(token: u32, headers: u32, body_size: u32, trailers: u32): void {
    receiveHttpCallResponse(token, headers, body_size, trailers);
  }

  on_grpc_receive_initial_metadata(token: u32, headers: u32): void {}

  on_grpc_trailing_metadata(token: u32, trailers: u32): void {}

  on_grpc_receive(token: u32, response_size: u32): void {}

  on_grpc_close(token: u32, status_code: u32): void {}
}

/** One HTTP stream or TCP connection. */
export class Context extends BaseContext {
  root_context: RootContext;

  constructor(context_id_: u32, root_context: RootContext) {
    super(context_id_);
    this.root_context = root_context;
  }

  createContext(): Context {
    throw new Error("a stream has no contexts");
  }

  onNewConnection(): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onDownstreamData(size: usize, end: bool): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onUpstreamData(size: usize, end: bool): FilterStatusValues {
    return FilterStatusValues.Continue;
  }

  onDownstreamConnectionClose(t: PeerTypeValues): void {}

  onUpstreamConnectionClose(t: PeerTypeValues): void {}

  onRequestHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    return FilterHeadersStatusValues.Continue;
  }

  onRequestMetadata(a: u32): FilterMetadataStatusValues {
    return FilterMetadataStatusValues.Continue;
  }

  onRequestBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    return FilterDataStatusValues.Continue;
  }

  onRequestTrailers(a: u32): FilterTrailersStatusValues {
    return FilterTrailersStatusValues.Continue;
  }

  onResponseHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    return FilterHeadersStatusValues.Continue;
  }

  onResponseMetadata(a: u32): FilterMetadataStatusValues {
    return FilterMetadataStatusValues.Continue;
  }

  onResponseBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    return FilterDataStatusValues.Continue;
  }

  onResponseTrailers(s: u32): FilterTrailersStatusValues {
    return FilterTrailersStatusValues.Continue;
  }

  /** The stream is over: maps can be read, nothing can be changed. */
  onLog(): void {}

  setEffectiveContext(): WasmResultValues {
    return proxy_set_effective_context(this.context_id);
  }
}
