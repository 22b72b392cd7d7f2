/**
 * A filter that does what the request's header `x-script` says, so that one proxy serves any number of scripts.
 *
 * A script is a list of steps between ";", a step is words between blanks: filter, callback, call, command, arguments.
 * Filters count from 0 in the order requests pass them; each is told its number by its configuration. "call" is the
 * number of the callback's call on this stream, from 1, "*" for each, "$" for the one with end of stream. In words, bytes
 * other than letters, digits and "-_./:" are percent-encoded; "%" alone is the empty word. Every step is logged with the
 * result of its host call. Written on the raw ABI, as nothing must come between script and host.
 */
import {
  proxy_add_header_map_value,
  proxy_close_stream,
  proxy_continue_stream,
  proxy_get_buffer_bytes,
  proxy_get_buffer_status,
  proxy_get_header_map_pairs,
  proxy_get_header_map_size,
  proxy_get_header_map_value,
  proxy_get_property,
  proxy_http_call,
  proxy_log,
  proxy_remove_header_map_value,
  proxy_replace_header_map_value,
  proxy_send_local_response,
  proxy_set_buffer_bytes,
  proxy_set_effective_context,
  proxy_set_header_map_pairs,
  proxy_set_property,
  proxy_set_tick_period_milliseconds,
} from "@proxy-wasm-kit/sdk/assembly/env";
import { decode, escape, join, pairsOf, readPairs } from "./words";

const Out = memory.data(12);
const PluginConfiguration: i32 = 7;
const RequestHeaders: i32 = 0;
const Info: i32 = 2;

class Step {
  constructor(
    readonly filter: i32,
    readonly callback: string,
    readonly call: string,
    readonly command: string,
    readonly words: ArrayBuffer[],
  ) {}
}

class Stream {
  readonly calls: Map<string, i32> = new Map();
  constructor(
    readonly id: u32,
    readonly root: u32,
  ) {}
}

/** Of the request being served; there is one at a time. */
let script: Step[] = [];
/** Of filters, by root context. */
const numbers: Map<u32, i32> = new Map();
const streams: Map<u32, Stream> = new Map();
/** Of callouts: the stream that has made it, by token. */
const callers: Map<u32, u32> = new Map();

export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: u32): usize {
  return heap.alloc(size);
}

function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  proxy_log(Info, changetype<usize>(bytes), bytes.byteLength);
}

/** What the last host call gave: our own copy. */
function given(): ArrayBuffer {
  const at = <usize>load<u32>(Out);
  const size = load<u32>(Out + 4);
  const bytes = new ArrayBuffer(size);
  memory.copy(changetype<usize>(bytes), at, size);
  if (size > 0) heap.free(at);
  return bytes;
}

/** A result and, when it is Ok, what came with it. */
function outcome(status: i32): string {
  return status == 0 ? "0 " + escape(given()) : status.toString();
}

function readScript(): void {
  const name = String.UTF8.encode("x-script");
  if (proxy_get_header_map_value(RequestHeaders, changetype<usize>(name), name.byteLength, Out, Out + 4) != 0) return;
  const lines = String.UTF8.decode(given()).split(";");
  for (let i = 0; i < lines.length; i++) {
    const words = lines[i].split(" ");
    if (words.length < 4) continue;
    const values = words.slice(4).map<ArrayBuffer>((word) => decode(word));
    script.push(new Step(<i32>parseInt(words[0], 10), words[1], words[2], words[3], values));
  }
}

function run(stream: Stream, callback: string, endOfStream: bool = false): u32 {
  const call = (stream.calls.has(callback) ? stream.calls.get(callback) : 0) + 1;
  stream.calls.set(callback, call);
  const filter = numbers.get(stream.root);
  let result: u32 = 0;
  for (let i = 0; i < script.length; i++) {
    const step = script[i];
    if (step.filter != filter || step.callback != callback) continue;
    if (step.call != "*" && step.call != call.toString() && !(step.call == "$" && endOfStream)) continue;
    if (step.command == "return") result = <u32>numberOf(step.words, 0);
    else if (step.command == "trap") unreachable();
    else log(join([filter.toString(), callback, step.command, execute(stream, step.command, step.words)]));
  }
  return result;
}

const numberOf = (words: ArrayBuffer[], at: i32): i32 => <i32>parseInt(String.UTF8.decode(words[at]), 10);

function execute(stream: Stream, command: string, words: ArrayBuffer[]): string {
  if (command == "effective") return proxy_set_effective_context(stream.id).toString();
  if (command == "respond") return respond(words);
  if (command == "callout") return callOut(stream, words);
  if (command == "property" || command == "set-property") return property(command, words);
  const kind = numberOf(words, 0);
  if (command == "continue") return proxy_continue_stream(kind).toString();
  if (command == "close") return proxy_close_stream(kind).toString();
  if (command == "tick") return proxy_set_tick_period_milliseconds(kind).toString();
  if (command == "body") return body(kind, words);
  if (command == "edit") return edit(kind, words);
  if (command == "length") {
    const status = proxy_get_buffer_status(kind, Out, Out + 4);
    return status == 0 ? "0 " + load<u32>(Out).toString() : status.toString();
  }
  return header(command, kind, words);
}

function header(command: string, kind: i32, words: ArrayBuffer[]): string {
  if (command == "pairs") {
    const status = proxy_get_header_map_pairs(kind, Out, Out + 4);
    return status == 0 ? "0 " + readPairs(given()) : status.toString();
  }
  if (command == "size") {
    const status = proxy_get_header_map_size(kind, Out);
    return status == 0 ? "0 " + load<u32>(Out).toString() : status.toString();
  }
  if (command == "set") {
    const pairs = pairsOf(words, 1);
    return proxy_set_header_map_pairs(kind, changetype<usize>(pairs), pairs.byteLength).toString();
  }
  const name = words[1];
  const at = changetype<usize>(name);
  if (command == "get") {
    return outcome(proxy_get_header_map_value(kind, at, name.byteLength, Out, Out + 4));
  }
  if (command == "remove") return proxy_remove_header_map_value(kind, at, name.byteLength).toString();
  const value = words[2];
  const valueAt = changetype<usize>(value);
  return command == "add"
    ? proxy_add_header_map_value(kind, at, name.byteLength, valueAt, value.byteLength).toString()
    : proxy_replace_header_map_value(kind, at, name.byteLength, valueAt, value.byteLength).toString();
}

function body(kind: i32, words: ArrayBuffer[]): string {
  return outcome(proxy_get_buffer_bytes(kind, numberOf(words, 1), numberOf(words, 2), Out, Out + 4));
}

function edit(kind: i32, words: ArrayBuffer[]): string {
  const bytes = words[3];
  const at = changetype<usize>(bytes);
  return proxy_set_buffer_bytes(kind, numberOf(words, 1), numberOf(words, 2), at, bytes.byteLength).toString();
}

/** Words: status, details, body, gRPC status, names and values. */
function respond(words: ArrayBuffer[]): string {
  const pairs = pairsOf(words, 4);
  return proxy_send_local_response(
    numberOf(words, 0),
    changetype<usize>(words[1]),
    words[1].byteLength,
    changetype<usize>(words[2]),
    words[2].byteLength,
    changetype<usize>(pairs),
    pairs.byteLength,
    numberOf(words, 3),
  ).toString();
}

/** Words: after how many ms the answer should come. */
function callOut(stream: Stream, words: ArrayBuffer[]): string {
  if (callers.values().includes(stream.id)) return "under way";
  const cluster = String.UTF8.encode("answers");
  const path = "/" + String.UTF8.decode(words[0]);
  const names = [":method", "GET", ":path", path, ":authority", "callout"];
  const pairs = pairsOf(
    names.map<ArrayBuffer>((text) => String.UTF8.encode(text)),
    0,
  );
  const status = proxy_http_call(
    changetype<usize>(cluster),
    cluster.byteLength,
    changetype<usize>(pairs),
    pairs.byteLength,
    0,
    0,
    0,
    0,
    0,
    Out,
  );
  callers.set(load<u32>(Out), stream.id);
  return status.toString();
}

function property(command: string, words: ArrayBuffer[]): string {
  const path = words[0];
  const at = changetype<usize>(path);
  if (command == "property") return outcome(proxy_get_property(at, path.byteLength, Out, Out + 4));
  return proxy_set_property(at, path.byteLength, changetype<usize>(words[1]), words[1].byteLength).toString();
}

/** What a stream waits for has come; host calls then act on the stream. */
function wake(stream: Stream, callback: string): void {
  proxy_set_effective_context(stream.id);
  run(stream, callback);
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent == 0) return;
  if (streams.size == 0) script = [];
  streams.set(id, new Stream(id, parent));
}
export function proxy_on_vm_start(_id: u32, _size: u32): u32 {
  return 1;
}
export function proxy_on_configure(id: u32, _size: u32): u32 {
  proxy_get_buffer_bytes(PluginConfiguration, 0, -1, Out, Out + 4);
  numbers.set(id, <i32>parseInt(String.UTF8.decode(given()), 10));
  return 1;
}
export function proxy_on_tick(id: u32): void {
  proxy_set_tick_period_milliseconds(0);
  const open = streams.values();
  for (let i = 0; i < open.length; i++) if (open[i].root == id) wake(open[i], "tick");
}
export function proxy_on_http_call_response(_id: u32, token: u32, _headers: u32, _size: u32, _trailers: u32): void {
  const caller = callers.get(token);
  callers.delete(token);
  // A stream that has ended waits for nothing.
  if (streams.has(caller)) wake(streams.get(caller), "callout");
}
export function proxy_on_request_headers(id: u32, _count: u32, end: u32): u32 {
  if (script.length == 0) readScript();
  return run(streams.get(id), "request_headers", end != 0);
}
export function proxy_on_request_body(id: u32, _size: u32, end: u32): u32 {
  return run(streams.get(id), "request_body", end != 0);
}
export function proxy_on_request_trailers(id: u32, _count: u32): u32 {
  return run(streams.get(id), "request_trailers");
}
export function proxy_on_response_headers(id: u32, _count: u32, end: u32): u32 {
  return run(streams.get(id), "response_headers", end != 0);
}
export function proxy_on_response_body(id: u32, _size: u32, end: u32): u32 {
  return run(streams.get(id), "response_body", end != 0);
}
export function proxy_on_response_trailers(id: u32, _count: u32): u32 {
  return run(streams.get(id), "response_trailers");
}
export function proxy_on_log(id: u32): void {
  run(streams.get(id), "log");
}
export function proxy_on_done(id: u32): u32 {
  return run(streams.get(id), "done");
}
export function proxy_on_delete(id: u32): void {
  streams.delete(id);
  // The next request must not get this one's tick.
  proxy_set_tick_period_milliseconds(0);
  // Nothing of the module is on the stack.
  if (streams.size == 0) __collect();
}
