/** Streams and contexts: resume, close, answer, choose whom host calls act on. Source: proxy-wasm-cpp-host src/exports.cc. */
import { Status, StreamType } from "../abi.ts";
import { parsePairs } from "../pairs.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

const isStreamType = (type: number): type is StreamType => type <= StreamType.Upstream;

/**
 * `proxy_continue_stream(type)`: when the callback has returned. Also Ok when nothing is paused.
 * Results: Ok; BadArgument (unknown type); Unimplemented (upstream).
 */
function continueStream(vm: Vm, type: number): Status {
  if (!isStreamType(type)) return Status.BadArgument;
  if (type === StreamType.Upstream) return Status.Unimplemented;
  vm.context.continueStream(type);
  return Status.Ok;
}

/** `proxy_close_stream(type)`: resets when the callback has returned. Results: Ok; BadArgument (unknown type). */
function closeStream(vm: Vm, type: number): Status {
  if (!isStreamType(type)) return Status.BadArgument;
  vm.context.closeStream(type);
  return Status.Ok;
}

/**
 * `proxy_send_local_response(status, details, size, body, size, headers, size, grpc_status)`: when the callback has
 * returned, whose own result then counts for nothing. Without a stream it does nothing.
 * Results: Ok; InvalidMemoryAccess.
 */
function sendLocalResponse(
  vm: Vm,
  status: number,
  details: number,
  detailsSize: number,
  body: number,
  bodySize: number,
  headers: number,
  headersSize: number,
  grpcStatus: number,
): Status {
  const detailsText = vm.memory.readString(details, detailsSize);
  const bodyBytes = vm.memory.read(body, bodySize);
  const headerBytes = vm.memory.read(headers, headersSize);
  if (detailsText === null || bodyBytes === null || headerBytes === null) return Status.InvalidMemoryAccess;
  vm.context.sendLocalResponse({
    status,
    details: detailsText,
    body: bodyBytes,
    headers: parsePairs(headerBytes),
    grpcStatus,
  });
  vm.stopIteration();
  return Status.Ok;
}

/** `proxy_set_effective_context(id)`: until the callback returns; 0 reverts. Results: Ok; BadArgument (unknown id). */
function setEffectiveContext(vm: Vm, id: number): Status {
  return vm.setEffectiveContext(id) ? Status.Ok : Status.BadArgument;
}

/** `proxy_done()`. Results: Ok; NotFound (`proxy_on_done` of this root has not returned false). */
function done(vm: Vm): Status {
  const { context } = vm;
  return context.root === context ? context.root.done() : Status.NotFound;
}

export const streamFunctions: HostFunctions = {
  proxy_continue_stream: hostFunction({ takes: { stream: "streamType" } }, continueStream),
  proxy_close_stream: hostFunction({ takes: { stream: "streamType" } }, closeStream),
  proxy_send_local_response: hostFunction(
    { takes: { status: "u32", details: "text", body: "bytes", headers: "pairs", grpcStatus: "u32" } },
    sendLocalResponse,
  ),
  proxy_set_effective_context: hostFunction({ takes: { context: "u32" } }, setEffectiveContext),
  proxy_done: hostFunction({}, done),
};
