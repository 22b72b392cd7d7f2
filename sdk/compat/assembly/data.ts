// Buffers, properties, shared data, queues, time, and what else the host has beside the stream.
import { Buffer } from "@proxy-wasm-kit/sdk/assembly/body";
import { clock } from "@proxy-wasm-kit/sdk/assembly/clock";
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { callForeignFunction } from "@proxy-wasm-kit/sdk/assembly/foreign";
import { outPtr, outSize, outU32, take } from "@proxy-wasm-kit/sdk/assembly/memory";
import { SharedData } from "@proxy-wasm-kit/sdk/assembly/shared-data";
import { first, second } from "@proxy-wasm-kit/sdk/assembly/text";
import { check } from "./log";
import { BufferTypeValues, WasmResultValues } from "./values";

/** A word in memory for a host call to write into. */
export class Reference<T> {
  data: T;

  ptr(): usize {
    return changetype<usize>(this) + offsetof<Reference<T>>("data");
  }
}

/** At most `length` bytes from `start`; empty when the buffer is absent. */
export function get_buffer_bytes(typ: BufferTypeValues, start: u32, length: u32): ArrayBuffer {
  return new Buffer(typ).bytes(start, length);
}

/** Puts `value` in the place of `length` bytes from `start`. Remove `content-length` before: Envoy does not. */
export function set_buffer_bytes(typ: BufferTypeValues, start: u32, length: u32, value: ArrayBuffer): WasmResultValues {
  return host.proxy_set_buffer_bytes(typ, start, length, changetype<usize>(value), value.byteLength);
}

class BufferStatusResult {
  result: WasmResultValues = WasmResultValues.Ok;
  length: usize = 0;
  flags: u32 = 0;
}

export function get_buffer_status(typ: BufferTypeValues): BufferStatusResult {
  const status = new BufferStatusResult();
  status.result = host.proxy_get_buffer_status(typ, outPtr(), outSize());
  if (status.result == WasmResultValues.Ok) {
    status.length = outU32();
    status.flags = load<u32>(outSize());
  }
  return status;
}

/** A property as the host encodes it; the parts of its path are separated by "\0". Empty when absent. */
export function get_property(path: string): ArrayBuffer {
  first().set(path);
  const status = host.proxy_get_property(first().ptr, first().length, outPtr(), outSize());
  return status == WasmResultValues.Ok ? take() : new ArrayBuffer(0);
}

export function set_property(path: string, data: ArrayBuffer): WasmResultValues {
  first().set(path);
  return host.proxy_set_property(first().ptr, first().length, changetype<usize>(data), data.byteLength);
}

export class GetSharedData {
  /** Null unless the result is Ok. */
  value: ArrayBuffer | null = null;
  result: WasmResultValues = WasmResultValues.NotFound;
  /** Changes with every write. */
  cas: u32 = 0;
}

export function get_shared_data(key: string): GetSharedData {
  const result = new GetSharedData();
  const found = SharedData.get(key);
  if (found !== null) {
    result.value = found.bytes;
    result.result = WasmResultValues.Ok;
    result.cas = found.cas;
  }
  return result;
}

/** With a `cas` that was read, CasMismatch when somebody has written since. */
export function set_shared_data(key: string, value: ArrayBuffer, cas: u32 = 0): WasmResultValues {
  return <WasmResultValues>SharedData.set(key, value, cas);
}

class TokenSharedQueueResult {
  result: WasmResultValues = WasmResultValues.Ok;
  token: u32 = 0;
}

export function register_shared_queue(queue_name: string): TokenSharedQueueResult {
  first().set(queue_name);
  return tokenResult(host.proxy_register_shared_queue(first().ptr, first().length, outPtr()));
}

export function resolve_shared_queue(vm_id: string, queue_name: string): TokenSharedQueueResult {
  first().set(vm_id);
  second().set(queue_name);
  return tokenResult(
    host.proxy_resolve_shared_queue(first().ptr, first().length, second().ptr, second().length, outPtr()),
  );
}

function tokenResult(status: WasmResultValues): TokenSharedQueueResult {
  const result = new TokenSharedQueueResult();
  result.result = status;
  if (status == WasmResultValues.Ok) result.token = outU32();
  return result;
}

class DequeueSharedQueueResult {
  result: WasmResultValues = WasmResultValues.Ok;
  /** Null unless the result is Ok. */
  data: ArrayBuffer | null = null;
}

export function dequeue_shared_queue(token: u32): DequeueSharedQueueResult {
  const result = new DequeueSharedQueueResult();
  result.result = host.proxy_dequeue_shared_queue(token, outPtr(), outSize());
  if (result.result == WasmResultValues.Ok) result.data = take();
  return result;
}

export function enqueue_shared_queue(token: u32, data: ArrayBuffer): WasmResultValues {
  return host.proxy_enqueue_shared_queue(token, changetype<usize>(data), data.byteLength);
}

/** What the function answers; empty when it fails or the host has none of this name. */
export function call_foreign_function(function_name: string, argument: string): ArrayBuffer {
  return callForeignFunction(function_name, String.UTF8.encode(argument)).bytes;
}

class StatusWithData {
  status: u32 = 0;
  data: ArrayBuffer = new ArrayBuffer(0);
}

/** Why the call failed whose callback runs now. */
export function get_status(): StatusWithData {
  const result = new StatusWithData();
  const code = outPtr() + 4;
  check("proxy_get_status", host.proxy_get_status(code, outPtr(), outSize()));
  result.status = load<u32>(code);
  result.data = take();
  return result;
}

export function set_tick_period_milliseconds(millisecond: u32): void {
  check("proxy_set_tick_period_milliseconds", host.proxy_set_tick_period_milliseconds(millisecond));
}

export function get_current_time_nanoseconds(): u64 {
  return clock.nowNs();
}
