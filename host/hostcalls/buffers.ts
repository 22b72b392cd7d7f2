/** Buffers. Source: envoy source/extensions/common/wasm/context.cc, proxy-wasm-cpp-host src/exports.cc. */
import { BufferKind, Status } from "../abi.ts";
import { BodyBuffer } from "../body-buffer.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

const isBufferKind = (kind: number): kind is BufferKind => kind <= BufferKind.CallData;

/**
 * `proxy_get_buffer_bytes(kind, start, max, **bytes, *size)`
 * Results: Ok; BadArgument (unknown kind); NotFound (4 outside `proxy_on_http_call_response`, 7 outside
 * `proxy_on_configure`); InvalidMemoryAccess. `start` past the end is Ok with pointer 0, size 0.
 */
function getBytes(vm: Vm, kind: number, start: number, max: number, bytesOut: number, sizeOut: number): Status {
  if (!isBufferKind(kind)) return Status.BadArgument;
  const buffer = vm.context.buffer(kind);
  if (buffer === null) return Status.NotFound;
  const bytes = buffer instanceof BodyBuffer ? buffer.slice(start, max) : buffer.subarray(start, start + max);
  return vm.memory.give(bytes, bytesOut, sizeOut);
}

/** `proxy_get_buffer_status(kind, *size, *flags)`: flags are always 0. Results: as `getBytes`. */
function getStatus(vm: Vm, kind: number, sizeOut: number, flagsOut: number): Status {
  if (!isBufferKind(kind)) return Status.BadArgument;
  const buffer = vm.context.buffer(kind);
  if (buffer === null) return Status.NotFound;
  const isWritten = vm.memory.writeU32(sizeOut, buffer.length) && vm.memory.writeU32(flagsOut, 0);
  return isWritten ? Status.Ok : Status.InvalidMemoryAccess;
}

/**
 * `proxy_set_buffer_bytes(kind, start, length, bytes, size)`: see `BodyBuffer.edit`. `content-length` is left as it is.
 * Results: Ok; BadArgument (unknown kind; the buffer is absent or read-only; `start` inside it); NotFound (as `getBytes`);
 * InvalidMemoryAccess.
 */
function setBytes(vm: Vm, kind: number, start: number, length: number, pointer: number, size: number): Status {
  if (!isBufferKind(kind)) return Status.BadArgument;
  const buffer = vm.context.buffer(kind);
  if (buffer === null) return Status.NotFound;
  const bytes = vm.memory.read(pointer, size);
  if (bytes === null) return Status.InvalidMemoryAccess;
  if (!(buffer instanceof BodyBuffer)) return Status.BadArgument;
  return buffer.edit(start, length, bytes) ? Status.Ok : Status.BadArgument;
}

export const bufferFunctions: HostFunctions = {
  proxy_get_buffer_bytes: hostFunction(
    { takes: { buffer: "bufferKind", start: "u32", max: "u32" }, gives: { bytes: "bytes" } },
    getBytes,
  ),
  proxy_get_buffer_status: hostFunction(
    { takes: { buffer: "bufferKind" }, gives: { size: "u32", flags: "u32" } },
    getStatus,
  ),
  proxy_set_buffer_bytes: hostFunction(
    { takes: { buffer: "bufferKind", start: "u32", length: "u32", bytes: "bytes" } },
    setBytes,
  ),
};
