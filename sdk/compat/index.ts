// `import { ... } from "@solo-io/proxy-runtime"`, when that name stands for this package. Names are listed, here and in
// assembly/, because asc finds nothing through `import * as` behind an `export *`.
export { BaseContext, Context, HttpCallback, RootContext } from "./assembly/contexts";
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
} from "./assembly/data";
export { registerRootContext } from "./assembly/entries";
export { HeaderPair, Headers, makeHeaderPair, stream_context } from "./assembly/headers";
export { log } from "./assembly/log";
export { Counter, Gauge, Histogram } from "./assembly/metrics";
export {
  continue_request,
  continue_response,
  proxy_set_effective_context,
  send_http_response,
  send_local_response,
} from "./assembly/stream";
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
} from "./assembly/values";
