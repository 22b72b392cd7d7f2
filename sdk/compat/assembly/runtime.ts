// All that solo-io's file of this name exports; some filters import it.
export { abort_proc_exit } from "./abort";
export { BaseContext, Context, HttpCallback, RootContext } from "./contexts";
export {
  call_foreign_function,
  dequeue_shared_queue,
  enqueue_shared_queue,
  GetSharedData,
  get_buffer_bytes,
  get_buffer_status,
  get_current_time_nanoseconds,
  get_property,
  get_shared_data,
  get_status,
  Reference,
  register_shared_queue,
  resolve_shared_queue,
  set_buffer_bytes,
  set_property,
  set_shared_data,
  set_tick_period_milliseconds,
} from "./data";
export {
  deleteContext,
  ensureContext,
  ensureRootContext,
  getBaseContext,
  getContext,
  getRootContext,
  registerRootContext,
} from "./entries";
export {
  add_header_map_value,
  add_header_map_value_string,
  get_header_map_size,
  get_header_map_value,
  HeaderPair,
  Headers,
  makeHeaderPair,
  remove_header_map_value,
  remove_header_map_value_string,
  replace_header_map_value,
  replace_header_map_value_string,
  stream_context,
} from "./headers";
export { log, logLevel } from "./log";
export { Counter, define_metric, Gauge, get_metric, Histogram, increment_metric, record_metric } from "./metrics";
export {
  clear_route_cache,
  continue_request,
  continue_response,
  done,
  proxy_set_effective_context,
  send_http_response,
  send_local_response,
} from "./stream";
export {
  BufferFlagsValues,
  BufferTypeValues,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  FilterMetadataStatusValues,
  FilterStatusValues,
  FilterTrailersStatusValues,
  GrpcStatusValues,
  HeaderMapTypeValues,
  LogLevelValues,
  MetricTypeValues,
  PeerTypeValues,
  StreamTypeValues,
  WasmResultValues,
} from "./values";
