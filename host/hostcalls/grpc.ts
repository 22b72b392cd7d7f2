/** gRPC callouts. Source: proxy-wasm-cpp-host src/exports.cc, envoy source/extensions/common/wasm/context.cc `grpcCall`. */
import { Status } from "../abi.ts";
import { type ByteString, byteString, toText } from "../byte-string.ts";
import { EnvoyCrash } from "../envoy-crash.ts";
import type { GrpcCallOptions } from "../grpc-callouts.ts";
import { HeaderMap } from "../header-map.ts";
import { parsePairs } from "../pairs.ts";
import { bytesField, parseMessage, stringField } from "../protobuf.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/**
 * `proxy_grpc_call(service, size, name, size, method, size, metadata, size, message, size, timeout_ms, *token)`
 * `service` is an `envoy.config.core.v3.GrpcService`, or the name of a cluster. The reply comes to
 * `proxy_on_grpc_receive` of the root context, a failure to `proxy_on_grpc_close`.
 * Results: Ok; ParseFailure (neither a message nor a known name); BadArgument (Google's client); InternalFailure (unknown
 * cluster); InvalidMemoryAccess.
 */
function grpcCall(
  vm: Vm,
  service: number,
  serviceSize: number,
  name: number,
  nameSize: number,
  method: number,
  methodSize: number,
  metadata: number,
  metadataSize: number,
  message: number,
  messageSize: number,
  timeoutMs: number,
  tokenOut: number,
): Status {
  const call = readCall(vm, [service, serviceSize, name, nameSize, method, methodSize, metadata, metadataSize]);
  const bytes = vm.memory.read(message, messageSize);
  if (call === null || bytes === null) return Status.InvalidMemoryAccess;
  const cluster = clusterOf(vm, call.service);
  if (typeof cluster === "number") return cluster;
  return answer(vm, tokenOut, vm.context.root?.grpc.call(cluster, { ...call.options, timeoutMs }, bytes));
}

/**
 * `proxy_grpc_stream(service, size, name, size, method, size, metadata, size, *token)`: as `grpcCall`; the filter hears of
 * metadata, messages, trailing metadata and the end.
 */
function grpcStream(
  vm: Vm,
  service: number,
  serviceSize: number,
  name: number,
  nameSize: number,
  method: number,
  methodSize: number,
  metadata: number,
  metadataSize: number,
  tokenOut: number,
): Status {
  const call = readCall(vm, [service, serviceSize, name, nameSize, method, methodSize, metadata, metadataSize]);
  if (call === null) return Status.InvalidMemoryAccess;
  const cluster = clusterOf(vm, call.service);
  if (typeof cluster === "number") return cluster;
  return answer(vm, tokenOut, vm.context.root?.grpc.open(cluster, call.options));
}

/** `proxy_grpc_send(token, message, size, end)`. Results: as `GrpcCalls.send`; InvalidMemoryAccess. */
function grpcSend(vm: Vm, token: number, message: number, size: number, end: number): Status {
  const bytes = vm.memory.read(message, size);
  if (bytes === null) return Status.InvalidMemoryAccess;
  return vm.context.root?.grpc.send(token, bytes, end !== 0) ?? Status.NotFound;
}

/** `proxy_grpc_close(token)`. Results: as `GrpcCalls.close`. */
const grpcClose = (vm: Vm, token: number): Status => vm.context.root?.grpc.close(token) ?? Status.NotFound;

/** `proxy_grpc_cancel(token)`. Results: as `GrpcCalls.cancel`. */
const grpcCancel = (vm: Vm, token: number): Status => vm.context.root?.grpc.cancel(token) ?? Status.NotFound;

/** Null when any of it is outside memory. */
function readCall(
  vm: Vm,
  places: readonly [number, number, number, number, number, number, number, number],
): { readonly service: Uint8Array; readonly options: GrpcCallOptions } | null {
  const service = vm.memory.read(places[0], places[1]);
  const name = vm.memory.readString(places[2], places[3]);
  const method = vm.memory.readString(places[4], places[5]);
  const metadata = vm.memory.read(places[6], places[7]);
  if (service === null || name === null || method === null || metadata === null) return null;
  const map = new HeaderMap("request", parsePairs(metadata));
  return { service, options: { service: toText(name), method: toText(method), metadata: map.lines(), timeoutMs: 0 } };
}

/** The cluster a service is at; a status when Envoy would not get that far. */
function clusterOf(vm: Vm, service: Uint8Array): ByteString | Status {
  const envoyGrpc = 1;
  const googleGrpc = 2;
  const clusterName = 1;
  const fields = parseMessage(service);
  const target = fields === null ? null : parseMessage(bytesField(fields, envoyGrpc));
  const cluster = target === null ? null : stringField(target, clusterName);
  if (fields === null || cluster === null) {
    const name = byteString(service);
    return vm.services.grpc.has(name) ? name : Status.ParseFailure;
  }
  if (fields.has(envoyGrpc)) return cluster;
  if (fields.has(googleGrpc)) return Status.BadArgument;
  throw new EnvoyCrash("a gRPC service without a target ends the Envoy process: give an envoy_grpc.cluster_name");
}

function answer(vm: Vm, tokenOut: number, token: number | null | undefined): Status {
  if (token === null || token === undefined) return Status.InternalFailure;
  return vm.memory.writeU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
}

const called = { target: "bytes", service: "text", method: "text", metadata: "pairs" } as const;

export const grpcFunctions: HostFunctions = {
  proxy_grpc_call: hostFunction(
    { takes: { ...called, message: "bytes", timeoutMs: "u32" }, gives: { token: "u32" } },
    grpcCall,
  ),
  proxy_grpc_stream: hostFunction({ takes: called, gives: { token: "u32" } }, grpcStream),
  proxy_grpc_send: hostFunction({ takes: { token: "u32", message: "bytes", end: "bool" } }, grpcSend),
  proxy_grpc_close: hostFunction({ takes: { token: "u32" } }, grpcClose),
  proxy_grpc_cancel: hostFunction({ takes: { token: "u32" } }, grpcCancel),
};
