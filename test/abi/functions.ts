/**
 * Every function of ABI 0.2.1 with its name in the SDK and what Envoy does. Source: proxy-wasm/spec abi-versions/v0.2.1;
 * behaviour as measured on Envoy 1.39. `npm run abi` adds the scenarios that run each.
 */

export interface AbiFunction {
  readonly name: string;
  /** What a filter's author writes. */
  readonly sdk: string;
  /** What Envoy does that the name does not say. */
  readonly envoy: string;
  /** Why no scenario can run it on this engine. */
  readonly never?: { readonly host?: string; readonly envoy?: string };
}

/** What modules import. */
export const imports: readonly AbiFunction[] = [
  { name: "proxy_log", sdk: "log.info, ...", envoy: "prefix: name, root ID and vm_id; line breaks stay" },
  { name: "proxy_get_log_level", sdk: "log.enabled", envoy: "level of the `wasm` logger; 6 is off" },
  {
    name: "proxy_get_current_time_nanoseconds",
    sdk: "clock.nowNs",
    envoy: "wall clock, in steps of 1 µs",
  },
  {
    name: "proxy_set_tick_period_milliseconds",
    sdk: "RootContext.setTickPeriodMs",
    envoy: "for each root context and thread; the next tick is armed when one has returned",
  },
  {
    name: "proxy_get_buffer_status",
    sdk: "Buffer.size",
    envoy: "an absent body is empty; an absent configuration or callout is NotFound",
  },
  { name: "proxy_get_buffer_bytes", sdk: "Buffer.bytes, .text, .reader", envoy: "past the end there is nothing" },
  {
    name: "proxy_set_buffer_bytes",
    sdk: "Buffer.replace, .replaceText, .prepend, .append",
    envoy: "content-length stays as it is; the middle cannot be replaced",
  },
  { name: "proxy_get_header_map_size", sdk: "HeaderMap.byteSize", envoy: "bytes of names and values, not the count" },
  {
    name: "proxy_get_header_map_pairs",
    sdk: "HeaderMap.entries, .getAll",
    envoy: "an absent map is empty",
  },
  {
    name: "proxy_set_header_map_pairs",
    sdk: "HeaderMap.replaceAll",
    envoy: "over 1024 lines or 1 MiB it clears the map and says Ok: the SDK refuses",
  },
  { name: "proxy_get_header_map_value", sdk: "HeaderMap.get, .getBytes, .has", envoy: "the first line of the name" },
  {
    name: "proxy_add_header_map_value",
    sdk: "HeaderMap.add",
    envoy: "joins with a comma for names that Envoy knows; checks nothing: the SDK refuses line breaks",
  },
  { name: "proxy_replace_header_map_value", sdk: "HeaderMap.set", envoy: "creates it when it is absent" },
  { name: "proxy_remove_header_map_value", sdk: "HeaderMap.remove", envoy: "Ok when there was none" },
  {
    name: "proxy_continue_stream",
    sdk: "HttpContext.resumeRequest, .resumeResponse, StreamContext.resumeDownstream",
    envoy: "when the callback has returned; upstream of TCP is Unimplemented",
  },
  {
    name: "proxy_close_stream",
    sdk: "HttpContext.closeRequest, StreamContext.closeDownstream, ...",
    envoy: "HTTP: resets; TCP: closes when what was written is sent",
  },
  {
    name: "proxy_send_local_response",
    sdk: "LocalResponse.send",
    envoy: "when the callback has returned; crashes in log and done: the SDK refuses; crashes in response metadata too",
  },
  { name: "proxy_http_call", sdk: "HttpCall.send", envoy: "timeouts and refused connections are answers: 504, 503" },
  { name: "proxy_grpc_call", sdk: "GrpcCall.send", envoy: "success is a message without a close" },
  { name: "proxy_grpc_stream", sdk: "GrpcStream.open", envoy: "a failure at once closes a token never given out" },
  { name: "proxy_grpc_send", sdk: "GrpcStream.send", envoy: "Ok after a local close too" },
  { name: "proxy_grpc_cancel", sdk: "GrpcCall.cancel, GrpcStream.cancel", envoy: "no callback follows" },
  { name: "proxy_grpc_close", sdk: "GrpcStream.close", envoy: "half close: the other side may still send" },
  {
    name: "proxy_get_status",
    sdk: "GrpcResponse.error, GrpcStream.onClose",
    envoy: "of the call that ends in this callback; on the root context",
  },
  { name: "proxy_get_shared_data", sdk: "SharedData.get", envoy: "scope: vm_id, all threads" },
  { name: "proxy_set_shared_data", sdk: "SharedData.set, .update", envoy: "a first write takes any cas" },
  {
    name: "proxy_register_shared_queue",
    sdk: "SharedQueue.register",
    envoy: "delivers to whoever registered last",
  },
  { name: "proxy_resolve_shared_queue", sdk: "SharedQueue.resolve", envoy: "an empty vm_id is the own one" },
  { name: "proxy_dequeue_shared_queue", sdk: "SharedQueue.dequeue", envoy: "any VM may, by token" },
  { name: "proxy_enqueue_shared_queue", sdk: "SharedQueue.enqueue", envoy: "one proxy_on_queue_ready for each item" },
  {
    name: "proxy_define_metric",
    sdk: "Counter.define, Gauge.define, Histogram.define, CounterFamily, ...",
    envoy: "`wasmcustom.<name>`, shared by all threads, kept for ever",
  },
  { name: "proxy_record_metric", sdk: "Gauge.set, Histogram.record", envoy: "a counter would add" },
  { name: "proxy_increment_metric", sdk: "Counter.increment, Gauge.add", envoy: "a counter by 0 is BadArgument" },
  { name: "proxy_get_metric", sdk: "Counter.value, Gauge.value", envoy: "a histogram is BadArgument" },
  {
    name: "proxy_get_property",
    sdk: "property.text, .bytes, .integer, .map, ...",
    envoy: "NUL between segments; each has its own lifetime",
  },
  { name: "proxy_set_property", sdk: "property.set", envoy: "becomes filter state `wasm.<name>`" },
  {
    name: "proxy_call_foreign_function",
    sdk: "callForeignFunction, Expression, filterState, compress, sign, ...",
    envoy: "12 functions; an unknown one is NotFound",
  },
  {
    name: "proxy_set_effective_context",
    sdk: "setEffectiveContext, and every callout by itself",
    envoy: "until the callback returns",
  },
  { name: "proxy_done", sdk: "RootContext.done", envoy: "NotFound unless onDone has returned false before" },
  { name: "wasi_snapshot_preview1.environ_sizes_get", sdk: "environment.get, .find", envoy: "environment_variables" },
  { name: "wasi_snapshot_preview1.environ_get", sdk: "environment.get, .find", envoy: "in no order" },
  { name: "wasi_snapshot_preview1.random_get", sdk: "random.fill, random.u64", envoy: "at most 64 KiB a call" },
  { name: "wasi_snapshot_preview1.clock_time_get", sdk: "clock.monotonicNs", envoy: "clock 1 is monotonic" },
];

/** What hosts call. */
export const callbacks: readonly AbiFunction[] = [
  {
    name: "_initialize",
    sdk: "top level statements, registerRootContext",
    envoy: "before anything else",
    never: unrecorded(),
  },
  { name: "proxy_abi_version_0_2_1", sdk: "always exported", envoy: "looked for, never called", never: neverCalled() },
  {
    name: "malloc",
    sdk: "always exported",
    envoy: "for every value a host call returns; before proxy_on_memory_allocate",
    never: unrecorded(),
  },
  {
    name: "proxy_on_memory_allocate",
    sdk: "always exported",
    envoy: "only called where there is no malloc",
    never: neverCalled(),
  },
  {
    name: "proxy_on_context_create",
    sdk: "RootContext.createHttpContext, .createStreamContext",
    envoy: "just before the first callback of a stream",
  },
  { name: "proxy_on_vm_start", sdk: "RootContext.onStart", envoy: "for each root context" },
  { name: "proxy_on_configure", sdk: "RootContext.onConfigure", envoy: "false: the listener is refused" },
  { name: "proxy_on_tick", sdk: "RootContext.onTick", envoy: "no stream is current" },
  { name: "proxy_on_queue_ready", sdk: "RootContext.onQueueReady", envoy: "once for each item" },
  {
    name: "proxy_on_foreign_function",
    sdk: "RootContext.onForeignFunction",
    envoy: "none of Envoy's foreign functions calls it",
    never: neverCalled(),
  },
  { name: "proxy_on_new_connection", sdk: "StreamContext.onNewConnection", envoy: "TCP" },
  { name: "proxy_on_downstream_data", sdk: "StreamContext.onDownstreamData", envoy: "what was held comes again" },
  { name: "proxy_on_upstream_data", sdk: "StreamContext.onUpstreamData", envoy: "" },
  { name: "proxy_on_downstream_connection_close", sdk: "StreamContext.onDownstreamClose", envoy: "1 we, 2 the client" },
  {
    name: "proxy_on_upstream_connection_close",
    sdk: "StreamContext.onUpstreamClose",
    envoy: "with the server's last byte; always 0",
  },
  { name: "proxy_on_request_headers", sdk: "HttpContext.onRequestHeaders", envoy: "1 becomes 4 without the option" },
  {
    name: "proxy_on_request_metadata",
    sdk: "HttpContext.onRequestMetadata",
    envoy: "HTTP/2 METADATA; not in the spec; the result counts for nothing",
  },
  { name: "proxy_on_request_body", sdk: "HttpContext.onRequestBody", envoy: "no end of stream when trailers follow" },
  { name: "proxy_on_request_trailers", sdk: "HttpContext.onRequestTrailers", envoy: "" },
  { name: "proxy_on_response_headers", sdk: "HttpContext.onResponseHeaders", envoy: "local responses too" },
  {
    name: "proxy_on_response_metadata",
    sdk: "HttpContext.onResponseMetadata",
    envoy: "HTTP/2 METADATA; not in the spec; a stream that ends in it crashes Envoy",
  },
  { name: "proxy_on_response_body", sdk: "HttpContext.onResponseBody", envoy: "" },
  { name: "proxy_on_response_trailers", sdk: "HttpContext.onResponseTrailers", envoy: "" },
  { name: "proxy_on_http_call_response", sdk: "HttpCall.send's function", envoy: "on the root context" },
  {
    name: "proxy_on_grpc_receive_initial_metadata",
    sdk: "GrpcStream.onInitialMetadata",
    envoy: "streams alone",
  },
  { name: "proxy_on_grpc_receive", sdk: "GrpcCall.send's function, GrpcStream.onMessage", envoy: "without framing" },
  {
    name: "proxy_on_grpc_receive_trailing_metadata",
    sdk: "GrpcStream.onTrailingMetadata",
    envoy: "streams alone",
  },
  { name: "proxy_on_grpc_close", sdk: "GrpcCall.send's function, GrpcStream.onClose", envoy: "14 on timeouts" },
  { name: "proxy_on_done", sdk: "Context.onDone", envoy: "a stream's answer counts for nothing" },
  { name: "proxy_on_log", sdk: "Context.onLog", envoy: "HTTP: before done; TCP: after" },
  { name: "proxy_on_delete", sdk: "Context.onDelete", envoy: "the last one" },
];

function neverCalled(): { host: string; envoy: string } {
  return { host: "as Envoy", envoy: "never called" };
}

/** Our own host records callbacks that have a context. */
function unrecorded(): { host: string } {
  return { host: "in every scenario" };
}
