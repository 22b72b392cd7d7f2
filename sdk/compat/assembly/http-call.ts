// Open `httpCall`s, by the host's token; those of all root contexts in one table, as tokens are the VM's.
import { setEnding } from "@proxy-wasm-kit/sdk/assembly/crash-guard";
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { Identified, IdTable } from "@proxy-wasm-kit/sdk/assembly/id-table";
import { outPtr, outU32 } from "@proxy-wasm-kit/sdk/assembly/memory";
import { Encoder, first } from "@proxy-wasm-kit/sdk/assembly/text";
import { HttpCallback, RootContext } from "./contexts";
import { Headers, linesOf } from "./headers";
import { WasmResultValues } from "./values";

class OpenCall extends Identified {
  constructor(
    token: u32,
    readonly root: RootContext,
    readonly asked: HttpCallback,
  ) {
    super(token);
  }
}

// Made with the first call, so that a filter which makes none has no table.
let openCalls: IdTable<OpenCall> | null = null;

/** See `RootContext.httpCall`. */
export function httpCall(
  root: RootContext,
  cluster: string,
  headers: Headers,
  body: ArrayBuffer,
  trailers: Headers,
  timeoutMs: u32,
  asked: HttpCallback,
): WasmResultValues {
  const lines = new Encoder();
  const last = new Encoder();
  linesOf(headers).encode(lines);
  linesOf(trailers).encode(last);
  first().set(cluster);
  const status = host.proxy_http_call(
    first().ptr,
    first().length,
    lines.ptr,
    lines.length,
    changetype<usize>(body),
    body.byteLength,
    last.ptr,
    last.length,
    timeoutMs,
    outPtr(),
  );
  if (status != WasmResultValues.Ok) return status;
  const call = new OpenCall(outU32(), root, asked);
  const known = openCalls;
  const table = known === null ? new IdTable<OpenCall>() : known;
  openCalls = table;
  table.set(call);
  return status;
}

/** Hands an answer to its root context. */
export function deliverHttpCallResponse(
  root: RootContext | null,
  token: u32,
  headers: u32,
  bodySize: u32,
  trailers: u32,
): void {
  if (root !== null) root.onHttpCallResponse(token, headers, bodySize, trailers);
}

/** Calls back for a token; one that is not known, or whose stream is gone, is ignored. */
export function receiveHttpCallResponse(token: u32, headers: u32, bodySize: u32, trailers: u32): void {
  const table = openCalls;
  if (table === null) return;
  const call = table.get(token);
  if (call === null) return;
  table.delete(token);
  const asked = call.asked;
  if (host.proxy_set_effective_context(asked.origin_context.context_id) != WasmResultValues.Ok) return;
  asked.cb(asked.origin_context, headers, bodySize, trailers);
}

/** Calls back all of a root context's as failed. */
export function cancelHttpCalls(root: RootContext): void {
  const table = openCalls;
  if (table === null) return;
  const calls = table.items();
  // A local response to a stream that ends now would crash Envoy.
  setEnding(true);
  for (let i = 0; i < calls.length; ++i) {
    const call = unchecked(calls[i]);
    if (call === null || call.root !== root) continue;
    table.delete(call.id);
    call.asked.cb(call.asked.origin_context, 0, 0, 0);
  }
  setEnding(false);
}
