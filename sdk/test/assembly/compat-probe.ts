// A filter in solo-io's manner that does what the request's path says; compat.test.ts runs it.
export * from "@solo-io/proxy-runtime/proxy"; // this exports the required functions for the proxy to interact with us.

import {
  BufferTypeValues,
  Context,
  Counter,
  call_foreign_function,
  dequeue_shared_queue,
  enqueue_shared_queue,
  FilterDataStatusValues,
  FilterHeadersStatusValues,
  Gauge,
  GrpcStatusValues,
  get_buffer_bytes,
  get_current_time_nanoseconds,
  get_property,
  get_shared_data,
  Histogram,
  LogLevelValues,
  log,
  makeHeaderPair,
  RootContext,
  register_shared_queue,
  registerRootContext,
  resolve_shared_queue,
  send_local_response,
  set_buffer_bytes,
  set_property,
  set_shared_data,
  set_tick_period_milliseconds,
  stream_context,
  WasmResultValues,
} from "@solo-io/proxy-runtime";
import { clear_route_cache, get_metric, logLevel } from "@solo-io/proxy-runtime/assembly/runtime";

function text(bytes: ArrayBuffer | null): string {
  return bytes === null ? "null" : String.UTF8.decode(bytes);
}

class ProbeRoot extends RootContext {
  queue: u32 = 0;

  onConfigure(configuration_size: u32): bool {
    super.onConfigure(configuration_size);
    this.queue = register_shared_queue("work").token;
    set_tick_period_milliseconds(10);
    return this.getConfiguration() != "refuse";
  }

  onTick(): void {
    set_tick_period_milliseconds(0);
    log(LogLevelValues.info, "tick");
  }

  onQueueReady(token: u32): void {
    const item = dequeue_shared_queue(token);
    const none = dequeue_shared_queue(token);
    const isEmpty = none.result == WasmResultValues.Empty && none.data === null;
    log(LogLevelValues.info, `queue ${token == this.queue} ${text(item.data)} ${isEmpty}`);
  }

  createContext(context_id: u32): Context {
    return new Probe(context_id, this);
  }
}

class Probe extends Context {
  // A name that the SDK's own contexts have too.
  id: string;
  path: string = "";
  built: i32 = 0;

  constructor(context_id: u32, root_context: ProbeRoot) {
    super(context_id, root_context);
    this.id = "probe";
  }

  onRequestHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.request;
    const path = headers.get(":path");
    this.path = path;
    if (path == "/headers") this.headers();
    else if (path == "/whole") this.whole();
    else if (path == "/properties") this.properties();
    else if (path == "/shared") this.shared();
    else if (path == "/metrics") this.metrics();
    else if (path == "/queue") this.enqueue();
    else if (path == "/log") this.levels();
    else if (path == "/id") log(LogLevelValues.info, this.id);
    else if (path == "/local") {
      const lines = [makeHeaderPair("x-a", "1"), makeHeaderPair("x-b", "2\r\nx-c: 3")];
      send_local_response(418, "no_tea", String.UTF8.encode("é"), lines, GrpcStatusValues.InvalidCode);
      return FilterHeadersStatusValues.StopIteration;
    }
    return FilterHeadersStatusValues.Continue;
  }

  onRequestBody(body_buffer_length: usize, end_of_stream: bool): FilterDataStatusValues {
    if (!end_of_stream) return FilterDataStatusValues.StopIterationAndBuffer;
    const body = get_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, <u32>body_buffer_length);
    set_buffer_bytes(BufferTypeValues.HttpRequestBody, 0, 1, String.UTF8.encode(`<${body.byteLength}>`));
    return FilterDataStatusValues.Continue;
  }

  onResponseHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    const headers = stream_context.headers.response;
    headers.add("x-configuration", this.root_context.getConfiguration());
    headers.remove("x-remove");
    return FilterHeadersStatusValues.Continue;
  }

  onLog(): void {
    if (this.path != "/late") return;
    const sent = send_local_response(500, "late", new ArrayBuffer(0), [], GrpcStatusValues.InvalidCode);
    log(LogLevelValues.info, `log ${stream_context.headers.response.get(":status")} ${sent}`);
  }

  onDone(): bool {
    if (this.path == "/late") log(LogLevelValues.info, "done");
    return super.onDone();
  }

  onDelete(): void {
    if (this.path == "/late") log(LogLevelValues.info, "delete");
  }

  private headers(): void {
    const headers = stream_context.headers.request;
    headers.add("x-a", "2");
    headers.replace("x-b", "new");
    headers.replace("x-new", "é");
    // What a client could choose must not pass for another header, nor what it sent for what was meant.
    headers.replace("x-user", "ann\r\nx-admin: yes");
    headers.add("x-c", "1\nx-admin: yes");
    log(LogLevelValues.info, `"${headers.get("x-none")}" "${headers.get("x-a")}"`);
  }

  private whole(): void {
    const headers = stream_context.headers.request.get_headers();
    headers.push(makeHeaderPair("x-last", "1"));
    stream_context.headers.request.set_headers(headers);
  }

  private properties(): void {
    const set = set_property("probe", String.UTF8.encode("é"));
    const path = text(get_property("request\0path"));
    const none = get_property("none").byteLength;
    log(LogLevelValues.info, `${path} ${none} ${set} ${text(get_property("filter_state\0wasm.probe"))}`);
    const unknown = call_foreign_function("unknown", "").byteLength;
    log(LogLevelValues.info, `${unknown} ${clear_route_cache()} ${get_current_time_nanoseconds() > 0}`);
  }

  private shared(): void {
    const before = get_shared_data("key");
    const first = set_shared_data("key", String.UTF8.encode("1"));
    const now = get_shared_data("key");
    const again = set_shared_data("key", String.UTF8.encode("2"), now.cas);
    const stale = set_shared_data("key", String.UTF8.encode("3"), now.cas);
    log(LogLevelValues.info, `${before.result} ${text(before.value)} ${first} ${again} ${stale}`);
    log(LogLevelValues.info, text(get_shared_data("key").value));
  }

  private metrics(): void {
    const counter = new Counter("solo_counter");
    const gauge = new Gauge("solo_gauge");
    counter.increment(3);
    gauge.record(gauge.metric_id, 7);
    gauge.increment(-2);
    const recorded = new Histogram("solo_histogram").record(0, 5);
    const read = get_metric(gauge.metric_id);
    log(LogLevelValues.info, `${recorded} ${read.result} ${read.data} ${get_metric(0xffff).result}`);
  }

  private enqueue(): void {
    const queue = resolve_shared_queue("", "work");
    const none = resolve_shared_queue("", "none");
    const sent = enqueue_shared_queue(queue.token, String.UTF8.encode("é"));
    log(LogLevelValues.info, `${queue.result} ${none.result} ${sent}`);
  }

  private levels(): void {
    log(LogLevelValues.debug, this.costly());
    if (this.built == 0) log(LogLevelValues.info, this.costly());
    log(LogLevelValues.error, `${this.built} ${logLevel()}`);
  }

  private costly(): string {
    this.built += 1;
    return "costly";
  }
}

class OtherRoot extends RootContext {
  // Without super.onConfigure there is no configuration, as there never was.
  onConfigure(configuration_size: u32): bool {
    return true;
  }

  createContext(context_id: u32): Context {
    return new Other(context_id, this);
  }
}

class Other extends Context {
  constructor(context_id: u32, root_context: OtherRoot) {
    super(context_id, root_context);
  }

  onResponseHeaders(a: u32, end_of_stream: bool): FilterHeadersStatusValues {
    stream_context.headers.response.add("x-other", `"${this.root_context.getConfiguration()}"`);
    return FilterHeadersStatusValues.Continue;
  }
}

registerRootContext((context_id: u32) => {
  return new ProbeRoot(context_id);
}, "probe");
// The host's number counts, whatever a factory gives.
registerRootContext((context_id: u32) => {
  return new OtherRoot(0);
}, "other");
