/** HTTP callouts. Source: envoy source/extensions/common/wasm/context.cc `httpCall`. */
import { Status } from "../abi.ts";
import { toText } from "../byte-string.ts";
import { HeaderMap } from "../header-map.ts";
import { parsePairs } from "../pairs.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/**
 * `proxy_http_call(cluster, size, headers, size, body, size, trailers, size, timeout_ms, *token)`
 * The response comes to `proxy_on_http_call_response` of the root context; a timeout is one of status 504.
 * Results: Ok; BadArgument (timeout of 2^31 ms or more; unknown cluster; no `:path`, `:method` or `:authority`);
 * InvalidMemoryAccess.
 */
function httpCall(
  vm: Vm,
  cluster: number,
  clusterSize: number,
  headers: number,
  headersSize: number,
  body: number,
  bodySize: number,
  trailers: number,
  trailersSize: number,
  timeoutMs: number,
  tokenOut: number,
): Status {
  const name = vm.memory.readString(cluster, clusterSize);
  const headerBytes = vm.memory.read(headers, headersSize);
  const bodyBytes = vm.memory.read(body, bodySize);
  const trailerBytes = vm.memory.read(trailers, trailersSize);
  if (name === null || headerBytes === null || bodyBytes === null || trailerBytes === null) {
    return Status.InvalidMemoryAccess;
  }
  if (!vm.memory.writeU32(tokenOut, 0)) return Status.InvalidMemoryAccess;
  const { callouts } = vm.services;
  if (timeoutMs >= 2 ** 31 || !callouts.has(name)) return Status.BadArgument;
  const map = new HeaderMap("request", parsePairs(headerBytes));
  const [method, path, authority] = [map.get(":method"), map.get(":path"), map.get(":authority")];
  if (method === null || path === null || authority === null) return Status.BadArgument;
  if (bodyBytes.length > 0) map.replace("content-length", String(bodyBytes.length));
  const token = vm.nextHttpCallToken;
  vm.nextHttpCallToken += 4;
  const request = {
    method: toText(method),
    path: toText(path),
    authority: toText(authority),
    headers: map.lines(),
    body: bodyBytes,
    trailers: new HeaderMap("requestTrailers", parsePairs(trailerBytes)).lines(),
    complete: bodyBytes.length > 0 || (Number(map.get("content-length")) || 0) === 0,
  };
  const { root } = vm.context;
  callouts.send(name, request, timeoutMs, (response) => root?.callEnded(token, response));
  return vm.memory.writeU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
}

export const calloutFunctions: HostFunctions = {
  proxy_http_call: hostFunction(
    {
      takes: { cluster: "text", headers: "pairs", body: "bytes", trailers: "pairs", timeoutMs: "u32" },
      gives: { token: "u32" },
    },
    httpCall,
  ),
};
