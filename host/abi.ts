/** The numbers of the Proxy-Wasm ABI 0.2.1. Source: proxy-wasm/spec abi-versions/v0.2.1. */

import type { Shape } from "./shape.ts";

/** Result of a host call. */
export const Status = {
  Ok: 0,
  NotFound: 1,
  BadArgument: 2,
  SerializationFailure: 3,
  ParseFailure: 4,
  InvalidMemoryAccess: 6,
  Empty: 7,
  CasMismatch: 8,
  InternalFailure: 10,
  /** Only as the status of a failed callout, never returned. */
  BrokenConnection: 11,
  Unimplemented: 12,
} as const;
export type Status = (typeof Status)[keyof typeof Status];

export const LogLevel = { Trace: 0, Debug: 1, Info: 2, Warn: 3, Error: 4, Critical: 5 } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** What `proxy_on_request_headers` and `proxy_on_response_headers` return. */
export const HeadersStatus = {
  Continue: 0,
  StopIteration: 1,
  /** Envoy treats it as `Continue`. */
  ContinueAndEndStream: 2,
  StopAllIterationAndBuffer: 3,
  StopAllIterationAndWatermark: 4,
} as const;
export type HeadersStatus = (typeof HeadersStatus)[keyof typeof HeadersStatus];

/** What `proxy_on_request_body` and `proxy_on_response_body` return. */
export const DataStatus = {
  Continue: 0,
  StopIterationAndBuffer: 1,
  StopIterationAndWatermark: 2,
  StopIterationNoBuffer: 3,
} as const;
export type DataStatus = (typeof DataStatus)[keyof typeof DataStatus];

/** What `proxy_on_request_trailers` and `proxy_on_response_trailers` return. */
export const TrailersStatus = { Continue: 0, StopIteration: 1 } as const;
export type TrailersStatus = (typeof TrailersStatus)[keyof typeof TrailersStatus];

export const MapKind = {
  RequestHeaders: 0,
  RequestTrailers: 1,
  ResponseHeaders: 2,
  ResponseTrailers: 3,
  GrpcReceiveInitialMetadata: 4,
  GrpcReceiveTrailingMetadata: 5,
  HttpCallResponseHeaders: 6,
  HttpCallResponseTrailers: 7,
} as const;
export type MapKind = (typeof MapKind)[keyof typeof MapKind];

export const BufferKind = {
  HttpRequestBody: 0,
  HttpResponseBody: 1,
  NetworkDownstreamData: 2,
  NetworkUpstreamData: 3,
  HttpCallResponseBody: 4,
  GrpcReceiveBuffer: 5,
  VmConfiguration: 6,
  PluginConfiguration: 7,
  CallData: 8,
} as const;
export type BufferKind = (typeof BufferKind)[keyof typeof BufferKind];

export const StreamType = { Request: 0, Response: 1, Downstream: 2, Upstream: 3 } as const;
export type StreamType = (typeof StreamType)[keyof typeof StreamType];

/** Who closed a connection. */
export const PeerType = { Unknown: 0, Local: 1, Remote: 2 } as const;
export type PeerType = (typeof PeerType)[keyof typeof PeerType];

export const MetricType = { Counter: 0, Gauge: 1, Histogram: 2 } as const;
export type MetricType = (typeof MetricType)[keyof typeof MetricType];

/** ABI versions in the names of their marker exports. */
export const abiVersions = ["0.1.0", "0.2.0", "0.2.1"] as const;
export type AbiVersion = (typeof abiVersions)[number];

/** Every callback a module may export; each is optional. */
export const callbacks = {
  proxy_on_context_create: { takes: { context: "u32", parent: "u32" }, result: "none" },
  proxy_on_vm_start: { takes: { context: "u32", bytes: "u32" }, result: "bool" },
  proxy_validate_configuration: { takes: { context: "u32", bytes: "u32" }, result: "bool" },
  proxy_on_configure: { takes: { context: "u32", bytes: "u32" }, result: "bool" },
  proxy_on_tick: { takes: { context: "u32" }, result: "none" },
  proxy_on_foreign_function: { takes: { context: "u32", function: "u32", bytes: "u32" }, result: "none" },
  proxy_on_new_connection: { takes: { context: "u32" }, result: "filterStatus" },
  proxy_on_downstream_data: { takes: { context: "u32", bytes: "u32", end: "bool" }, result: "filterStatus" },
  proxy_on_upstream_data: { takes: { context: "u32", bytes: "u32", end: "bool" }, result: "filterStatus" },
  proxy_on_downstream_connection_close: { takes: { context: "u32", by: "peerType" }, result: "none" },
  proxy_on_upstream_connection_close: { takes: { context: "u32", by: "peerType" }, result: "none" },
  proxy_on_request_headers: { takes: { context: "u32", headers: "u32", end: "bool" }, result: "headersStatus" },
  proxy_on_request_body: { takes: { context: "u32", bytes: "u32", end: "bool" }, result: "dataStatus" },
  proxy_on_request_trailers: { takes: { context: "u32", trailers: "u32" }, result: "filterStatus" },
  proxy_on_request_metadata: { takes: { context: "u32", names: "u32" }, result: "filterStatus" },
  proxy_on_response_headers: { takes: { context: "u32", headers: "u32", end: "bool" }, result: "headersStatus" },
  proxy_on_response_body: { takes: { context: "u32", bytes: "u32", end: "bool" }, result: "dataStatus" },
  proxy_on_response_trailers: { takes: { context: "u32", trailers: "u32" }, result: "filterStatus" },
  proxy_on_response_metadata: { takes: { context: "u32", names: "u32" }, result: "filterStatus" },
  proxy_on_http_call_response: {
    takes: { context: "u32", token: "u32", headers: "u32", bytes: "u32", trailers: "u32" },
    result: "none",
  },
  proxy_on_grpc_receive: { takes: { context: "u32", token: "u32", bytes: "u32" }, result: "none" },
  proxy_on_grpc_close: { takes: { context: "u32", token: "u32", status: "u32" }, result: "none" },
  proxy_on_grpc_receive_initial_metadata: { takes: { context: "u32", token: "u32", names: "u32" }, result: "none" },
  proxy_on_grpc_receive_trailing_metadata: { takes: { context: "u32", token: "u32", names: "u32" }, result: "none" },
  proxy_on_queue_ready: { takes: { context: "u32", token: "u32" }, result: "none" },
  proxy_on_done: { takes: { context: "u32" }, result: "bool" },
  proxy_on_log: { takes: { context: "u32" }, result: "none" },
  proxy_on_delete: { takes: { context: "u32" }, result: "none" },
} as const satisfies Readonly<Record<string, Shape>>;
export type CallbackName = keyof typeof callbacks;
