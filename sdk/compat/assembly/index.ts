// What solo-io's package exports (0.1.8, then 0.1.15), and what G-Core's fork adds to it. Everything else that solo-io's
// files export is in ./runtime.
export { BaseContext, Context, HttpCallback, RootContext } from "./contexts";
export {
  call_foreign_function,
  dequeue_shared_queue,
  enqueue_shared_queue,
  GetSharedData,
  get_buffer_bytes,
  get_current_time_nanoseconds,
  get_property,
  get_shared_data,
  register_shared_queue,
  resolve_shared_queue,
  set_buffer_bytes,
  set_property,
  set_shared_data,
  set_tick_period_milliseconds,
} from "./data";
export { registerRootContext } from "./entries";
export { HeaderPair, Headers, makeHeaderPair, stream_context } from "./headers";
export { log } from "./log";
export { Counter, Gauge, Histogram } from "./metrics";
export {
  continue_request,
  continue_response,
  proxy_set_effective_context,
  send_http_response,
  send_local_response,
} from "./stream";
export {
  BufferTypeValues,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterMetadataStatusValues,
  FilterStatusValues,
  FilterTrailersStatusValues,
  GrpcStatusValues,
  LogLevelValues,
  WasmResultValues,
} from "./values";
