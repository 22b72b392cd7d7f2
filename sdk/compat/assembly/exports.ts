// The ABI's callbacks, each handed to the filter's context. `export * from "@solo-io/proxy-runtime/proxy"` makes them the
// module's; so does the SDK's transform, which leaves out those that forward only to methods no filter overrides.
import "./abort";
import { enter, leave } from "@proxy-wasm-kit/sdk/assembly/gc";
import { rootOf, streamOf } from "./entries";
import { deliverHttpCallResponse } from "./http-call";

export {
  malloc,
  proxy_abi_version_0_2_1,
  proxy_on_context_create,
  proxy_on_delete,
  proxy_on_done,
  proxy_on_log,
  proxy_on_memory_allocate,
} from "@proxy-wasm-kit/sdk/assembly/exports";

/** Buffers are the collector's. */
export function free(ptr: usize): void {}

export function proxy_on_vm_start(id: u32, size: u32): bool {
  enter();
  const root = rootOf(id);
  const accepted = root !== null && root.onStart(size);
  leave();
  return accepted;
}

export function proxy_validate_configuration(id: u32, size: u32): bool {
  enter();
  const root = rootOf(id);
  const accepted = root !== null && root.validateConfiguration(size);
  leave();
  return accepted;
}

export function proxy_on_configure(id: u32, size: u32): bool {
  enter();
  const root = rootOf(id);
  const accepted = root !== null && root.onConfigure(size);
  leave();
  return accepted;
}

export function proxy_on_tick(id: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.onTick();
  leave();
}

export function proxy_on_queue_ready(id: u32, token: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.onQueueReady(token);
  leave();
}

export function proxy_on_foreign_function(id: u32, functionId: u32, size: u32): void {}

export function proxy_on_http_call_response(id: u32, token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  enter();
  deliverHttpCallResponse(rootOf(id), token, headers, bodySize, trailers);
  leave();
}

export function proxy_on_grpc_receive_initial_metadata(id: u32, token: u32, count: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.on_grpc_receive_initial_metadata(token, count);
  leave();
}

export function proxy_on_grpc_receive(id: u32, token: u32, size: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.on_grpc_receive(token, size);
  leave();
}

export function proxy_on_grpc_receive_trailing_metadata(id: u32, token: u32, count: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.on_grpc_trailing_metadata(token, count);
  leave();
}

export function proxy_on_grpc_close(id: u32, token: u32, status: u32): void {
  enter();
  const root = rootOf(id);
  if (root !== null) root.on_grpc_close(token, status);
  leave();
}

export function proxy_on_request_headers(id: u32, count: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onRequestHeaders(count, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_metadata(id: u32, count: u32): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onRequestMetadata(count);
  leave();
  return status;
}

export function proxy_on_request_body(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onRequestBody(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_request_trailers(id: u32, count: u32): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onRequestTrailers(count);
  leave();
  return status;
}

export function proxy_on_response_headers(id: u32, count: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onResponseHeaders(count, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_metadata(id: u32, count: u32): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onResponseMetadata(count);
  leave();
  return status;
}

export function proxy_on_response_body(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onResponseBody(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_response_trailers(id: u32, count: u32): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onResponseTrailers(count);
  leave();
  return status;
}

export function proxy_on_new_connection(id: u32): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onNewConnection();
  leave();
  return status;
}

export function proxy_on_downstream_data(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onDownstreamData(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_downstream_connection_close(id: u32, peer: i32): void {
  enter();
  const stream = streamOf(id);
  if (stream !== null) stream.onDownstreamConnectionClose(peer);
  leave();
}

export function proxy_on_upstream_data(id: u32, size: u32, endOfStream: bool): i32 {
  enter();
  const stream = streamOf(id);
  const status = stream === null ? 0 : stream.onUpstreamData(size, endOfStream);
  leave();
  return status;
}

export function proxy_on_upstream_connection_close(id: u32, peer: i32): void {
  enter();
  const stream = streamOf(id);
  if (stream !== null) stream.onUpstreamConnectionClose(peer);
  leave();
}
