// The ABI's callbacks, each handed to its context. The SDK's transform makes them exports of the module and leaves out
// those that forward only to methods no filter overrides.
import "./abort";
import { BufferKind } from "./abi";
import { Buffer } from "./body";
import { deliverHttpCallResponse } from "./callout";
import { setEnding } from "./crash-guard";
import { context, create, httpContext, remove, rootContext, streamContext } from "./dispatcher";
import { enter, leave } from "./gc";
import { deliverGrpcClose, deliverGrpcMessage } from "./grpc";
import { deliverGrpcInitialMetadata, deliverGrpcTrailingMetadata } from "./grpc-stream";
import { allocate } from "./memory";
import { abandonCalls } from "./pending";

export function proxy_abi_version_0_2_1(): void {}

/** Envoy asks for either name; other hosts know only the older one. */
export function proxy_on_memory_allocate(size: usize): usize {
  return allocate(size);
}

export function malloc(size: usize): usize {
  return allocate(size);
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  enter();
  create(id, parent);
  leave();
}

export function proxy_on_vm_start(id: u32, size: u32): bool {
  enter();
  const root = rootContext(id);
  const accepted = root !== null && root.onStart(new Buffer(BufferKind.VmConfiguration));
  leave();
  return accepted;
}

export function proxy_on_configure(id: u32, size: u32): bool {
  enter();
  const root = rootContext(id);
  const accepted = root !== null && root.onConfigure(new Buffer(BufferKind.PluginConfiguration));
  leave();
  return accepted;
}

export function proxy_on_tick(id: u32): void {
  enter();
  const root = rootContext(id);
  if (root !== null) root.onTick();
  leave();
}

export function proxy_on_queue_ready(id: u32, token: u32): void {
  enter();
  const root = rootContext(id);
  if (root !== null) root.onQueueReady(token);
  leave();
}

export function proxy_on_http_call_response(id: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  enter();
  deliverHttpCallResponse(token, headers);
  leave();
}

export function proxy_on_grpc_receive_initial_metadata(id: u32, token: u32, count: u32): void {
  enter();
  deliverGrpcInitialMetadata(token);
  leave();
}

export function proxy_on_grpc_receive(id: u32, token: u32, size: u32): void {
  enter();
  deliverGrpcMessage(token);
  leave();
}

export function proxy_on_grpc_receive_trailing_metadata(id: u32, token: u32, count: u32): void {
  enter();
  deliverGrpcTrailingMetadata(token);
  leave();
}

export function proxy_on_grpc_close(id: u32, token: u32, status: i32): void {
  enter();
  deliverGrpcClose(token, status);
  leave();
}

export function proxy_on_foreign_function(id: u32, functionId: u32, size: u32): void {
  enter();
  const root = rootContext(id);
  if (root !== null) root.onForeignFunction(functionId, new Buffer(BufferKind.CallData));
  leave();
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: bool): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onRequestHeaders(count, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onRequestBody(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_trailers(id: u32, count: u32): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onRequestTrailers(count);
  leave();
  return status;
}

export function proxy_on_request_metadata(id: u32, count: u32): i32 {
  enter();
  const http = httpContext(id);
  if (http !== null) http.onRequestMetadata(count);
  leave();
  return 0;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: bool): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onResponseHeaders(count, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onResponseBody(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_trailers(id: u32, count: u32): i32 {
  enter();
  const http = httpContext(id);
  const status = http === null ? 0 : http.onResponseTrailers(count);
  leave();
  return status;
}

export function proxy_on_response_metadata(id: u32, count: u32): i32 {
  enter();
  const http = httpContext(id);
  setEnding(true);
  if (http !== null) http.onResponseMetadata(count);
  setEnding(false);
  leave();
  return 0;
}

export function proxy_on_new_connection(id: u32): i32 {
  enter();
  const stream = streamContext(id);
  const status = stream === null ? 0 : stream.onNewConnection();
  leave();
  return status;
}

export function proxy_on_downstream_data(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamContext(id);
  const status = stream === null ? 0 : stream.onDownstreamData(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_downstream_connection_close(id: u32, peer: i32): void {
  enter();
  const stream = streamContext(id);
  if (stream !== null) stream.onDownstreamClose(peer);
  leave();
}

export function proxy_on_upstream_data(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamContext(id);
  const status = stream === null ? 0 : stream.onUpstreamData(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_upstream_connection_close(id: u32, peer: i32): void {
  enter();
  const stream = streamContext(id);
  if (stream !== null) stream.onUpstreamClose(peer);
  leave();
}

export function proxy_on_done(id: u32): bool {
  enter();
  const ended = context(id);
  setEnding(true);
  const done = ended === null || ended.onDone();
  setEnding(false);
  leave();
  return done;
}

export function proxy_on_log(id: u32): void {
  enter();
  const ended = context(id);
  setEnding(true);
  if (ended !== null) ended.onLog();
  setEnding(false);
  leave();
}

export function proxy_on_delete(id: u32): void {
  enter();
  const ended = context(id);
  setEnding(true);
  if (ended !== null) ended.onDelete();
  setEnding(false);
  abandonCalls(id);
  remove(id);
  leave();
}
