/**
 * A guest that does what its configuration says, one command a line: `<callback> <command> <arguments>`, such as
 * `request_body$ respond 401 no`. A `$` means: only in the call with end of stream. It is written on the raw ABI, as
 * the host knows no SDK. Every host call's result is logged.
 */
import {
  proxy_add_header_map_value,
  proxy_call_foreign_function,
  proxy_close_stream,
  proxy_continue_stream,
  proxy_get_buffer_bytes,
  proxy_get_header_map_pairs,
  proxy_get_property,
  proxy_get_status,
  proxy_grpc_call,
  proxy_grpc_cancel,
  proxy_grpc_close,
  proxy_grpc_send,
  proxy_grpc_stream,
  proxy_http_call,
  proxy_log,
  proxy_send_local_response,
  proxy_set_buffer_bytes,
  proxy_set_effective_context,
  proxy_set_property,
  proxy_set_tick_period_milliseconds,
} from "./env";

const Out = memory.data(12);
const PluginConfiguration: u32 = 7;

let script: string[] = [];
let stream: u32 = 0;

export function proxy_abi_version_0_2_1(): void {}

export function malloc(size: u32): usize {
  return heap.alloc(size);
}

function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  proxy_log(2, changetype<usize>(bytes), bytes.byteLength);
}

function given(): string {
  const size = load<u32>(Out + 4);
  return size == 0 ? "" : String.UTF8.decodeUnsafe(load<u32>(Out), size);
}

function pairs(kind: u32): string {
  proxy_get_header_map_pairs(kind, Out, Out + 4);
  if (load<u32>(Out + 4) == 0) return "none";
  const at = <usize>load<u32>(Out);
  const count = load<u32>(at);
  let data = at + 4 + count * 8;
  let text = "";
  for (let i: usize = 0; i < count; i++) {
    const keySize = load<u32>(at + 4 + i * 8);
    const size = load<u32>(at + 8 + i * 8);
    const key = String.UTF8.decodeUnsafe(data, keySize);
    if (key != "date") text += " " + key + "=" + String.UTF8.decodeUnsafe(data + keySize + 1, size);
    data += keySize + 1 + size + 1;
  }
  return text.trim();
}

/** Serialised pairs. */
function pairsOf(names: string[], values: string[]): ArrayBuffer {
  const count = names.length;
  let size = 4;
  for (let i = 0; i < count; i++) size += 8 + names[i].length + 1 + values[i].length + 1;
  const buffer = new ArrayBuffer(size);
  const at = changetype<usize>(buffer);
  store<u32>(at, count);
  let data = at + 4 + count * 8;
  for (let i = 0; i < count; i++) {
    store<u32>(at + 4 + i * 8, names[i].length);
    store<u32>(at + 8 + i * 8, values[i].length);
    String.UTF8.encodeUnsafe(changetype<usize>(names[i]), names[i].length, data);
    data += names[i].length + 1;
    String.UTF8.encodeUnsafe(changetype<usize>(values[i]), values[i].length, data);
    data += values[i].length + 1;
  }
  return buffer;
}

/** `envoy.config.core.v3.GrpcService` of a cluster; a name that begins with "=" is given as it is. */
function grpcService(cluster: string): ArrayBuffer {
  if (cluster.startsWith("=")) return String.UTF8.encode(cluster.substr(1));
  const name = String.UTF8.encode(cluster);
  const buffer = new ArrayBuffer(4 + name.byteLength);
  const at = changetype<usize>(buffer);
  store<u8>(at, 0x0a);
  store<u8>(at + 1, <u8>(name.byteLength + 2));
  store<u8>(at + 2, 0x0a);
  store<u8>(at + 3, <u8>name.byteLength);
  memory.copy(at + 4, changetype<usize>(name), name.byteLength);
  return buffer;
}

/** Starts a call, or a stream when `message` is null, of `/puppet.Service/Method`. */
function grpc(cluster: string, message: ArrayBuffer | null, timeoutMs: u32): string {
  const service = grpcService(cluster);
  const name = String.UTF8.encode("puppet.Service");
  const method = String.UTF8.encode("Method");
  const metadata = pairsOf(["x-meta"], ["data"]);
  store<u32>(Out, 0);
  const status =
    message === null
      ? proxy_grpc_stream(
          changetype<usize>(service),
          service.byteLength,
          changetype<usize>(name),
          name.byteLength,
          changetype<usize>(method),
          method.byteLength,
          changetype<usize>(metadata),
          metadata.byteLength,
          Out,
        )
      : proxy_grpc_call(
          changetype<usize>(service),
          service.byteLength,
          changetype<usize>(name),
          name.byteLength,
          changetype<usize>(method),
          method.byteLength,
          changetype<usize>(metadata),
          metadata.byteLength,
          changetype<usize>(message),
          message.byteLength,
          timeoutMs,
          Out,
        );
  return status.toString() + " " + load<u32>(Out).toString();
}

/** `<cluster> <timeout in ms> <method> <body, "-" for none> <name=value...>`; a name that begins with "~" is a trailer's. */
function call(words: string[]): string {
  const cluster = String.UTF8.encode(words[0]);
  const body = String.UTF8.encode(words.length > 3 && words[3] != "-" ? words[3] : "");
  const names = [":method", ":path", ":authority"];
  const values = [words.length > 2 ? words[2] : "GET", "/", words[0]];
  const trailerNames: string[] = [];
  const trailerValues: string[] = [];
  for (let i = 4; i < words.length; i++) {
    const parts = words[i].split("=");
    const isTrailer = parts[0].startsWith("~");
    (isTrailer ? trailerNames : names).push(isTrailer ? parts[0].substr(1) : parts[0]);
    (isTrailer ? trailerValues : values).push(parts[1]);
  }
  const headers = pairsOf(names, values);
  const trailers = pairsOf(trailerNames, trailerValues);
  const status = proxy_http_call(
    changetype<usize>(cluster),
    cluster.byteLength,
    changetype<usize>(headers),
    headers.byteLength,
    changetype<usize>(body),
    body.byteLength,
    changetype<usize>(trailers),
    trailerNames.length == 0 ? 0 : trailers.byteLength,
    words.length > 1 ? U32.parseInt(words[1]) : 0,
    Out,
  );
  return status.toString() + " " + load<u32>(Out).toString();
}

/** Bytes out of their hexadecimal digits, and back. */
function bytesOf(hex: string): ArrayBuffer {
  const buffer = new ArrayBuffer(hex.length / 2);
  for (let i = 0; i < buffer.byteLength; i++) {
    store<u8>(changetype<usize>(buffer) + i, <u8>U32.parseInt(hex.substr(i * 2, 2), 16));
  }
  return buffer;
}
function hexOf(at: usize, size: u32): string {
  let text = "";
  for (let i: u32 = 0; i < size; i++)
    text += load<u8>(at + i)
      .toString(16)
      .padStart(2, "0");
  return text;
}

function run(callback: string, endOfStream: bool = false): u32 {
  let result: u32 = 0;
  for (let i = 0; i < script.length; i++) {
    const words = script[i].trim().split(" ");
    if (words[0] != callback && !(endOfStream && words[0] == callback + "$")) continue;
    const command = words[1];
    if (command == "return") result = U32.parseInt(words[2]);
    else if (command == "trap") unreachable();
    else log(callback + " " + command + " " + execute(command, words.slice(2)));
  }
  return result;
}

function execute(command: string, words: string[]): string {
  const first = words.length > 0 ? words[0] : "";
  const number = U32.parseInt(first);
  const text = String.UTF8.encode(words.slice(1).join(" "));
  const at = changetype<usize>(text);
  if (command == "body") {
    const status = proxy_get_buffer_bytes(number, 0, 0xffffffff, Out, Out + 4);
    return status.toString() + " " + given();
  }
  if (command == "replace-body") return proxy_set_buffer_bytes(number, 0, 0xffffffff, at, text.byteLength).toString();
  if (command == "headers") return pairs(number);
  if (command == "add") {
    const key = String.UTF8.encode(words[1]);
    const value = String.UTF8.encode(words[2]);
    const status = proxy_add_header_map_value(
      number,
      changetype<usize>(key),
      key.byteLength,
      changetype<usize>(value),
      value.byteLength,
    );
    return status.toString();
  }
  if (command == "respond") {
    const details = String.UTF8.encode("puppet said no");
    return proxy_send_local_response(
      number,
      changetype<usize>(details),
      details.byteLength,
      at,
      text.byteLength,
      0,
      0,
      <u32>-1,
    ).toString();
  }
  if (command == "continue") return proxy_continue_stream(number).toString();
  if (command == "close") return proxy_close_stream(number).toString();
  if (command == "tick") return proxy_set_tick_period_milliseconds(number).toString();
  if (command == "effective") return proxy_set_effective_context(stream).toString();
  if (command == "get") {
    const path = String.UTF8.encode(first.replaceAll(".", "\0"));
    const status = proxy_get_property(changetype<usize>(path), path.byteLength, Out, Out + 4);
    return first + " " + status.toString() + (status == 0 ? " " + given() : "");
  }
  if (command == "set") {
    const path = String.UTF8.encode(first);
    return proxy_set_property(changetype<usize>(path), path.byteLength, at, text.byteLength).toString();
  }
  if (command == "call") return call(words);
  if (command == "grpc-call") {
    return grpc(first, String.UTF8.encode(words.slice(2).join(" ")), U32.parseInt(words[1]));
  }
  if (command == "grpc-stream") return grpc(first, null, 0);
  if (command == "grpc-send") {
    const message = String.UTF8.encode(words.slice(2).join(" "));
    return proxy_grpc_send(number, changetype<usize>(message), message.byteLength, U32.parseInt(words[1])).toString();
  }
  if (command == "grpc-close") return proxy_grpc_close(number).toString();
  if (command == "grpc-cancel") return proxy_grpc_cancel(number).toString();
  if (command == "status") {
    const status = proxy_get_status(Out + 8, Out, Out + 4);
    return status.toString() + " " + load<u32>(Out + 8).toString() + " " + given();
  }
  if (command == "foreign") {
    const name = String.UTF8.encode(first);
    const values = bytesOf(words.length > 1 ? words[1] : "");
    const status = proxy_call_foreign_function(
      changetype<usize>(name),
      name.byteLength,
      changetype<usize>(values),
      values.byteLength,
      Out,
      Out + 4,
    );
    return first + " " + status.toString() + " " + hexOf(load<u32>(Out), load<u32>(Out + 4));
  }
  return first; // "say"
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent != 0) stream = id;
}
export function proxy_on_vm_start(_id: u32, _size: u32): u32 {
  return 1;
}
export function proxy_on_configure(_id: u32, _size: u32): u32 {
  proxy_get_buffer_bytes(PluginConfiguration, 0, 0xffffffff, Out, Out + 4);
  script = given().split("\n");
  return run("configure") == 0 ? 1 : 0;
}
export function proxy_on_tick(_id: u32): void {
  run("tick");
}
export function proxy_on_request_headers(_id: u32, _count: u32, end: u32): u32 {
  return run("request_headers", end != 0);
}
export function proxy_on_request_metadata(_id: u32, _count: u32): u32 {
  return run("request_metadata");
}
export function proxy_on_request_body(_id: u32, _size: u32, end: u32): u32 {
  return run("request_body", end != 0);
}
export function proxy_on_request_trailers(_id: u32, _count: u32): u32 {
  return run("request_trailers");
}
export function proxy_on_response_headers(_id: u32, _count: u32, end: u32): u32 {
  return run("response_headers", end != 0);
}
export function proxy_on_response_metadata(_id: u32, _count: u32): u32 {
  return run("response_metadata");
}
export function proxy_on_response_body(_id: u32, _size: u32, end: u32): u32 {
  return run("response_body", end != 0);
}
export function proxy_on_response_trailers(_id: u32, _count: u32): u32 {
  return run("response_trailers");
}
export function proxy_on_http_call_response(_id: u32, token: u32, headers: u32, size: u32, _trailers: u32): void {
  log("call " + token.toString() + " ended: " + headers.toString() + " headers, " + size.toString() + " bytes");
  run("http_call_response");
}
export function proxy_on_grpc_receive_initial_metadata(_id: u32, token: u32, count: u32): void {
  log("grpc " + token.toString() + " begins: " + count.toString() + " headers");
  run("grpc_begin");
}
export function proxy_on_grpc_receive(_id: u32, token: u32, size: u32): void {
  log("grpc " + token.toString() + " received: " + size.toString() + " bytes");
  run("grpc_receive");
}
export function proxy_on_grpc_receive_trailing_metadata(_id: u32, token: u32, count: u32): void {
  log("grpc " + token.toString() + " ends: " + count.toString() + " trailers");
  run("grpc_end");
}
export function proxy_on_grpc_close(_id: u32, token: u32, code: u32): void {
  log("grpc " + token.toString() + " closed: " + code.toString());
  run("grpc_close");
}
export function proxy_on_new_connection(_id: u32): u32 {
  return run("new_connection");
}
export function proxy_on_downstream_data(_id: u32, _size: u32, end: u32): u32 {
  return run("downstream_data", end != 0);
}
export function proxy_on_upstream_data(_id: u32, _size: u32, end: u32): u32 {
  return run("upstream_data", end != 0);
}
export function proxy_on_downstream_connection_close(_id: u32, _peer: u32): void {
  run("downstream_close");
}
export function proxy_on_upstream_connection_close(_id: u32, _peer: u32): void {
  run("upstream_close");
}
export function proxy_on_done(_id: u32): u32 {
  run("done");
  return 1;
}
export function proxy_on_log(_id: u32): void {
  run("log");
}
export function proxy_on_delete(_id: u32): void {
  run("delete");
}
