// Numbers of ABI 0.2.1. Source: proxy-wasm/spec abi-versions/v0.2.1, section "Types".

/** Result of a host call. */
export enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  ResultMismatch = 9,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
}

export enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

/** What the headers callbacks return. */
export enum FilterHeadersStatus {
  Continue = 0,
  /** Envoy delivers no body while paused, unless the plugin has `allow_on_headers_stop_iteration: true`. */
  StopIteration = 1,
  /** Envoy treats it as Continue. */
  ContinueAndEndStream = 2,
  /** Pauses and buffers the body; over the buffer limit Envoy answers 413. */
  StopAllIterationAndBuffer = 3,
  /** Pauses with back-pressure: the peer is not read any more when the buffer is full. */
  StopAllIterationAndWatermark = 4,
}

/** What the body callbacks return. */
export enum FilterDataStatus {
  Continue = 0,
  /** Holds the body; the next call sees all of it so far. Over the buffer limit Envoy answers 413. */
  StopIterationAndBuffer = 1,
  /** Holds the body with back-pressure; the next call sees only the new piece. */
  StopIterationAndWatermark = 2,
  /** Drops this piece. */
  StopIterationNoBuffer = 3,
}

/** What the trailers callbacks return. */
export enum FilterTrailersStatus {
  Continue = 0,
  StopIteration = 1,
}

/** What the callbacks of TCP connections return. */
export enum FilterStatus {
  Continue = 0,
  StopIteration = 1,
}

/** Who closed a connection: this proxy, or the other end. */
export enum PeerType {
  Unknown = 0,
  Local = 1,
  Remote = 2,
}

export enum BufferKind {
  HttpRequestBody = 0,
  HttpResponseBody = 1,
  DownstreamData = 2,
  UpstreamData = 3,
  HttpCallResponseBody = 4,
  GrpcReceiveBuffer = 5,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  CallData = 8,
}

export enum MapKind {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  GrpcReceiveInitialMetadata = 4,
  GrpcReceiveTrailingMetadata = 5,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

export enum StreamKind {
  Request = 0,
  Response = 1,
  Downstream = 2,
  Upstream = 3,
}

export enum MetricKind {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

/** gRPC status codes. Source: grpc/doc/statuscodes.md. */
export enum GrpcStatus {
  /** For `LocalResponse`: Envoy derives the status from the HTTP one. */
  Unset = -1,
  Ok = 0,
  Canceled = 1,
  Unknown = 2,
  InvalidArgument = 3,
  DeadlineExceeded = 4,
  NotFound = 5,
  AlreadyExists = 6,
  PermissionDenied = 7,
  ResourceExhausted = 8,
  FailedPrecondition = 9,
  Aborted = 10,
  OutOfRange = 11,
  Unimplemented = 12,
  Internal = 13,
  Unavailable = 14,
  DataLoss = 15,
  Unauthenticated = 16,
}
