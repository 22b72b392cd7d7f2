/** Host calls the puppet uses. The compiler names their module after this file: `env`. */
export declare function proxy_log(level: u32, message: usize, size: u32): u32;
export declare function proxy_get_buffer_bytes(kind: u32, start: u32, max: u32, bytesOut: usize, sizeOut: usize): u32;
export declare function proxy_set_buffer_bytes(kind: u32, start: u32, length: u32, bytes: usize, size: u32): u32;
export declare function proxy_get_header_map_pairs(kind: u32, pairsOut: usize, sizeOut: usize): u32;
export declare function proxy_add_header_map_value(kind: u32, key: usize, keySize: u32, value: usize, size: u32): u32;
export declare function proxy_get_property(path: usize, pathSize: u32, valueOut: usize, sizeOut: usize): u32;
export declare function proxy_set_property(path: usize, pathSize: u32, value: usize, size: u32): u32;
export declare function proxy_send_local_response(
  status: u32,
  details: usize,
  detailsSize: u32,
  body: usize,
  bodySize: u32,
  headers: usize,
  headersSize: u32,
  grpcStatus: u32,
): u32;
export declare function proxy_continue_stream(type: u32): u32;
export declare function proxy_close_stream(type: u32): u32;
export declare function proxy_set_tick_period_milliseconds(ms: u32): u32;
export declare function proxy_set_effective_context(id: u32): u32;
export declare function proxy_http_call(
  cluster: usize,
  clusterSize: u32,
  headers: usize,
  headersSize: u32,
  body: usize,
  bodySize: u32,
  trailers: usize,
  trailersSize: u32,
  timeoutMs: u32,
  tokenOut: usize,
): u32;
export declare function proxy_grpc_call(
  service: usize,
  serviceSize: u32,
  serviceName: usize,
  serviceNameSize: u32,
  method: usize,
  methodSize: u32,
  metadata: usize,
  metadataSize: u32,
  message: usize,
  messageSize: u32,
  timeoutMs: u32,
  tokenOut: usize,
): u32;
export declare function proxy_grpc_stream(
  service: usize,
  serviceSize: u32,
  serviceName: usize,
  serviceNameSize: u32,
  method: usize,
  methodSize: u32,
  metadata: usize,
  metadataSize: u32,
  tokenOut: usize,
): u32;
export declare function proxy_grpc_send(token: u32, message: usize, size: u32, end: u32): u32;
export declare function proxy_grpc_close(token: u32): u32;
export declare function proxy_grpc_cancel(token: u32): u32;
export declare function proxy_get_status(codeOut: usize, messageOut: usize, sizeOut: usize): u32;
export declare function proxy_call_foreign_function(
  name: usize,
  nameSize: u32,
  values: usize,
  valuesSize: u32,
  resultsOut: usize,
  sizeOut: usize,
): u32;
