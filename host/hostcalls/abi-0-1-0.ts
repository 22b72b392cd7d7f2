/** What modules of ABI 0.1.0 import and later ones do not. Source: proxy-wasm-cpp-host src/exports.cc, src/wasm.cc. */
import { Status, StreamType } from "../abi.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/** `proxy_get_configuration(**value, *size)`: the plugin's, at any time. Results: Ok; InvalidMemoryAccess. */
function getConfiguration(vm: Vm, valueOut: number, sizeOut: number): Status {
  return vm.memory.give(vm.context.root?.plugin.configuration ?? new Uint8Array(), valueOut, sizeOut);
}

/** `proxy_continue_request()`, `proxy_continue_response()`: as `proxy_continue_stream`. Result: Ok. */
function continueStream(type: StreamType) {
  return (vm: Vm): Status => {
    vm.context.continueStream(type);
    return Status.Ok;
  };
}

export const abi010Functions: HostFunctions = {
  proxy_get_configuration: hostFunction({ gives: { configuration: "bytes" } }, getConfiguration),
  proxy_continue_request: hostFunction({}, continueStream(StreamType.Request)),
  proxy_continue_response: hostFunction({}, continueStream(StreamType.Response)),
  // Routes are not chosen by headers here.
  proxy_clear_route_cache: hostFunction({}, () => Status.Ok),
};
