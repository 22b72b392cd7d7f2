// What a filter does to the current stream, beside its headers.
import { beginStream, refusesAnswer, refusesResume } from "@proxy-wasm-kit/sdk/assembly/crash-guard";
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { clearRouteCache } from "@proxy-wasm-kit/sdk/assembly/foreign";
import { unexpected } from "@proxy-wasm-kit/sdk/assembly/log";
import { Encoder, first } from "@proxy-wasm-kit/sdk/assembly/text";
import { Headers, linesOf } from "./headers";
import { GrpcStatusValues, StreamTypeValues, WasmResultValues } from "./values";

export function continue_request(): WasmResultValues {
  return host.proxy_continue_stream(StreamTypeValues.Request);
}

/** BadArgument before there is a response: Envoy would crash. */
export function continue_response(): WasmResultValues {
  if (refusesResume()) return WasmResultValues.BadArgument;
  return host.proxy_continue_stream(StreamTypeValues.Response);
}

/** Answers in place of upstream when the callback has returned. Refused where it would crash Envoy: when the stream ends. */
export function send_local_response(
  response_code: u32,
  response_code_details: string,
  body: ArrayBuffer,
  additional_headers: Headers,
  grpc_status: GrpcStatusValues,
): WasmResultValues {
  if (refusesAnswer()) return WasmResultValues.BadArgument;
  const pairs = new Encoder();
  linesOf(additional_headers).encode(pairs);
  first().set(response_code_details);
  return host.proxy_send_local_response(
    response_code,
    first().ptr,
    first().length,
    changetype<usize>(body),
    body.byteLength,
    pairs.ptr,
    pairs.length,
    grpc_status,
  );
}

export function send_http_response(
  response_code: u32,
  response_code_details: string,
  body: ArrayBuffer,
  additional_headers: Headers,
): WasmResultValues {
  return send_local_response(
    response_code,
    response_code_details,
    body,
    additional_headers,
    GrpcStatusValues.InvalidCode,
  );
}

/** Has Envoy choose the route again. */
export function clear_route_cache(): WasmResultValues {
  return <WasmResultValues>clearRouteCache();
}

/** Makes another stream the current one for this callback. */
export function proxy_set_effective_context(_id: u32): WasmResultValues {
  beginStream();
  const status = host.proxy_set_effective_context(_id);
  if (status != WasmResultValues.Ok) unexpected("proxy_set_effective_context", status);
  return status;
}

/** Ends the plugin whose `onDone` has returned false. */
export function done(): WasmResultValues {
  return host.proxy_done();
}
