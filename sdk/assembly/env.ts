// The ABI's imports, one declaration each. This file's name is the import module's; no other declares any of it.
// Pointers and sizes are of this module's memory, results are `Status` values. An import is in a filter's module only
// when something that the filter uses calls it.
// Source: proxy-wasm/spec abi-versions/v0.2.1; Envoy checks the types when it loads the module.

export declare function proxy_log(level: i32, message: usize, size: i32): i32;

export declare function proxy_get_log_level(levelOut: usize): i32;

export declare function proxy_get_current_time_nanoseconds(timeOut: usize): i32;

export declare function proxy_set_tick_period_milliseconds(milliseconds: u32): i32;

export declare function proxy_set_effective_context(id: u32): i32;

export declare function proxy_done(): i32;

export declare function proxy_get_buffer_status(kind: i32, sizeOut: usize, flagsOut: usize): i32;

export declare function proxy_get_buffer_bytes(kind: i32, start: i32, max: i32, ptrOut: usize, sizeOut: usize): i32;

export declare function proxy_set_buffer_bytes(kind: i32, start: i32, length: i32, data: usize, size: i32): i32;

export declare function proxy_get_header_map_size(kind: i32, sizeOut: usize): i32;

export declare function proxy_get_header_map_pairs(kind: i32, ptrOut: usize, sizeOut: usize): i32;

export declare function proxy_set_header_map_pairs(kind: i32, pairs: usize, size: i32): i32;

export declare function proxy_get_header_map_value(
  kind: i32,
  name: usize,
  nameSize: i32,
  ptrOut: usize,
  sizeOut: usize,
): i32;

export declare function proxy_add_header_map_value(
  kind: i32,
  name: usize,
  nameSize: i32,
  value: usize,
  valueSize: i32,
): i32;

export declare function proxy_replace_header_map_value(
  kind: i32,
  name: usize,
  nameSize: i32,
  value: usize,
  valueSize: i32,
): i32;

export declare function proxy_remove_header_map_value(kind: i32, name: usize, nameSize: i32): i32;

export declare function proxy_send_local_response(
  status: u32,
  details: usize,
  detailsSize: i32,
  body: usize,
  bodySize: i32,
  pairs: usize,
  pairsSize: i32,
  grpcStatus: i32,
): i32;

export declare function proxy_continue_stream(kind: i32): i32;

export declare function proxy_close_stream(kind: i32): i32;

export declare function proxy_get_property(path: usize, pathSize: i32, ptrOut: usize, sizeOut: usize): i32;

export declare function proxy_set_property(path: usize, pathSize: i32, value: usize, valueSize: i32): i32;

export declare function proxy_define_metric(kind: i32, name: usize, nameSize: i32, idOut: usize): i32;

export declare function proxy_increment_metric(id: u32, by: i64): i32;

export declare function proxy_get_metric(id: u32, valueOut: usize): i32;

export declare function proxy_get_shared_data(
  key: usize,
  keySize: i32,
  ptrOut: usize,
  sizeOut: usize,
  casOut: usize,
): i32;

export declare function proxy_set_shared_data(key: usize, keySize: i32, value: usize, valueSize: i32, cas: u32): i32;

export declare function proxy_register_shared_queue(name: usize, nameSize: i32, tokenOut: usize): i32;

export declare function proxy_resolve_shared_queue(
  vmId: usize,
  vmIdSize: i32,
  name: usize,
  nameSize: i32,
  tokenOut: usize,
): i32;

export declare function proxy_dequeue_shared_queue(token: u32, ptrOut: usize, sizeOut: usize): i32;

export declare function proxy_enqueue_shared_queue(token: u32, data: usize, size: i32): i32;

export declare function proxy_record_metric(id: u32, value: u64): i32;

export declare function proxy_http_call(
  cluster: usize,
  clusterSize: i32,
  headers: usize,
  headersSize: i32,
  body: usize,
  bodySize: i32,
  trailers: usize,
  trailersSize: i32,
  timeoutMs: u32,
  tokenOut: usize,
): i32;

export declare function proxy_call_foreign_function(
  name: usize,
  nameSize: i32,
  argument: usize,
  argumentSize: i32,
  ptrOut: usize,
  sizeOut: usize,
): i32;

export declare function proxy_get_status(codeOut: usize, ptrOut: usize, sizeOut: usize): i32;

export declare function proxy_grpc_call(
  service: usize,
  serviceSize: i32,
  name: usize,
  nameSize: i32,
  method: usize,
  methodSize: i32,
  metadata: usize,
  metadataSize: i32,
  message: usize,
  messageSize: i32,
  timeoutMs: u32,
  tokenOut: usize,
): i32;

export declare function proxy_grpc_stream(
  service: usize,
  serviceSize: i32,
  name: usize,
  nameSize: i32,
  method: usize,
  methodSize: i32,
  metadata: usize,
  metadataSize: i32,
  tokenOut: usize,
): i32;

export declare function proxy_grpc_send(token: u32, message: usize, size: i32, endOfStream: bool): i32;

export declare function proxy_grpc_close(token: u32): i32;

export declare function proxy_grpc_cancel(token: u32): i32;
