// The ABI's callbacks, each handed to its context. The SDK's transform makes them exports of the module and leaves out
// those that forward only to methods no filter overrides.
import "./abort";
import { BufferKind } from "./abi";
import { Buffer } from "./body";
import { deliverHttpCallResponse } from "./callout";
import { context, create, httpContext, remove, rootContext, setEnding } from "./dispatcher";
import { enter, leave, leaveDeleted } from "./gc";
import { allocate } from "./memory";

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
  if (ended !== null) ended.onDelete();
  leaveDeleted(remove(id));
}
