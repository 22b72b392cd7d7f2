// Header maps by their numbers, and `stream_context`, which has one object for each.
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { HeaderEntries, HeaderMap, Headers as Lines } from "@proxy-wasm-kit/sdk/assembly/headers";
import { outPtr, outSize, outU32, room, take } from "@proxy-wasm-kit/sdk/assembly/memory";
import { decode, Encoder, first, second } from "@proxy-wasm-kit/sdk/assembly/text";
import { check, log } from "./log";
import { HeaderMapTypeValues, LogLevelValues, WasmResultValues } from "./values";

export class HeaderPair {
  key: ArrayBuffer;
  value: ArrayBuffer;

  constructor(header_key_data: ArrayBuffer, header_value_data: ArrayBuffer) {
    this.key = header_key_data;
    this.value = header_value_data;
  }

  toString(): string {
    return decode(this.key) + ":" + decode(this.value);
  }
}

export type Headers = Array<HeaderPair>;

export function makeHeaderPair(key: string, value: string): HeaderPair {
  return new HeaderPair(String.UTF8.encode(key), String.UTF8.encode(value));
}

/** The same headers in the SDK's form; those with a line break in them are left out, as they could forge another. */
export function linesOf(headers: Headers): Lines {
  const lines = new Lines();
  for (let i = 0; i < headers.length; ++i) lines.withBytes(headers[i].key, headers[i].value);
  return lines;
}

/** Adds a line. BadArgument: there is a line break in it, or the map cannot be changed now. */
export function add_header_map_value(typ: HeaderMapTypeValues, key: ArrayBuffer, value: ArrayBuffer): WasmResultValues {
  set(first(), key);
  set(second(), value);
  return addLine(typ);
}

export function add_header_map_value_string(typ: HeaderMapTypeValues, key: string, value: string): WasmResultValues {
  first().set(key);
  second().set(value);
  return addLine(typ);
}

/** The first value; empty when absent. */
export function get_header_map_value(typ: HeaderMapTypeValues, key: ArrayBuffer): ArrayBuffer {
  set(first(), key);
  return getValue(typ);
}

/** Makes `value` the only one. Traps when the map cannot be changed now. */
export function replace_header_map_value(typ: HeaderMapTypeValues, key: ArrayBuffer, value: ArrayBuffer): void {
  set(first(), key);
  set(second(), value);
  replaceLine(typ);
}

export function replace_header_map_value_string(typ: HeaderMapTypeValues, key: string, value: string): void {
  first().set(key);
  second().set(value);
  replaceLine(typ);
}

/** Traps when the map cannot be changed now. */
export function remove_header_map_value(typ: HeaderMapTypeValues, key: ArrayBuffer): void {
  set(first(), key);
  removeLines(typ);
}

export function remove_header_map_value_string(typ: HeaderMapTypeValues, key: string): void {
  first().set(key);
  removeLines(typ);
}

/** Bytes of all names and values. */
export function get_header_map_size(typ: HeaderMapTypeValues): usize {
  check("proxy_get_header_map_size", host.proxy_get_header_map_size(typ, outPtr()));
  return outU32();
}

// What follows takes the name from first() and the value from second().

function addLine(typ: HeaderMapTypeValues): WasmResultValues {
  if (isForged()) return WasmResultValues.BadArgument;
  return host.proxy_add_header_map_value(typ, first().ptr, first().length, second().ptr, second().length);
}

function getValue(typ: HeaderMapTypeValues): ArrayBuffer {
  const status = host.proxy_get_header_map_value(typ, first().ptr, first().length, outPtr(), outSize());
  return status == WasmResultValues.Ok ? take() : room(0);
}

function replaceLine(typ: HeaderMapTypeValues): void {
  if (isForged()) {
    // The old value must not pass for the new one.
    removeLines(typ);
    log(LogLevelValues.error, "a header with a line break in it was left out");
    return;
  }
  const status = host.proxy_replace_header_map_value(typ, first().ptr, first().length, second().ptr, second().length);
  check("proxy_replace_header_map_value", status);
}

function removeLines(typ: HeaderMapTypeValues): void {
  const status = host.proxy_remove_header_map_value(typ, first().ptr, first().length);
  check("proxy_remove_header_map_value", status);
}

/** Whether Envoy would write a line break, and the peer read another header. */
function isForged(): bool {
  return first().hasLineBreak() || second().hasLineBreak();
}

function set(encoder: Encoder, bytes: ArrayBuffer): void {
  encoder.clear().appendBytes(changetype<usize>(bytes), bytes.byteLength);
}

function copy(from: usize, size: i32): ArrayBuffer {
  const bytes = room(size);
  memory.copy(changetype<usize>(bytes), from, size);
  return bytes;
}

// Kept, as it has a buffer that is used again.
let entries: HeaderEntries | null = null;

/** One header map of the current stream. */
class HeaderStreamManipulator {
  typ: HeaderMapTypeValues;

  constructor(typ: HeaderMapTypeValues) {
    this.typ = typ;
  }

  /** Adds a line. */
  add(key: string, value: string): void {
    add_header_map_value_string(this.typ, key, value);
  }

  /** Makes this the only value; Envoy adds the header when it is absent. */
  replace(key: string, value: string): void {
    replace_header_map_value_string(this.typ, key, value);
  }

  /** The first value; "" when absent. */
  get(key: string): string {
    first().set(key);
    return decode(getValue(this.typ));
  }

  remove(key: string): void {
    remove_header_map_value_string(this.typ, key);
  }

  get_headers(): Headers {
    const known = entries;
    const walk = known === null ? new HeaderEntries() : known;
    entries = walk;
    const headers: Headers = [];
    walk.read(this.typ);
    while (walk.next()) {
      headers.push(new HeaderPair(copy(walk.namePtr, walk.nameSize), copy(walk.valuePtr, walk.valueSize)));
    }
    return headers;
  }

  /** Makes these the whole map, pseudo headers included. Traps when it cannot be changed now. */
  set_headers(headers: Headers): void {
    check("proxy_set_header_map_pairs", <WasmResultValues>new HeaderMap(this.typ).replaceAll(linesOf(headers)));
  }
}

class HeaderMapManipulator {
  request: HeaderStreamManipulator;
  response: HeaderStreamManipulator;
  /** Of the answer to `httpCall`; valid in its callback only. */
  http_callback: HeaderStreamManipulator;

  constructor(
    request: HeaderStreamManipulator,
    response: HeaderStreamManipulator,
    http_callback: HeaderStreamManipulator,
  ) {
    this.request = request;
    this.response = response;
    this.http_callback = http_callback;
  }
}

class StreamContext {
  headers: HeaderMapManipulator;
  trailers: HeaderMapManipulator;

  constructor(headers: HeaderMapManipulator, trailers: HeaderMapManipulator) {
    this.headers = headers;
    this.trailers = trailers;
  }
}

/** The header maps of the current stream. */
export const stream_context = new StreamContext(
  new HeaderMapManipulator(
    new HeaderStreamManipulator(HeaderMapTypeValues.RequestHeaders),
    new HeaderStreamManipulator(HeaderMapTypeValues.ResponseHeaders),
    new HeaderStreamManipulator(HeaderMapTypeValues.HttpCallResponseHeaders),
  ),
  new HeaderMapManipulator(
    new HeaderStreamManipulator(HeaderMapTypeValues.RequestTrailers),
    new HeaderStreamManipulator(HeaderMapTypeValues.ResponseTrailers),
    new HeaderStreamManipulator(HeaderMapTypeValues.HttpCallResponseTrailers),
  ),
);
