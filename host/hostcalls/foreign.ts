/** Foreign functions. Source: proxy-wasm-cpp-host src/exports.cc `call_foreign_function`. */
import { Status } from "../abi.ts";
import { foreignFunctions } from "../foreign/index.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/**
 * `proxy_call_foreign_function(name, size, arguments, size, **results, *size)`: null out-pointers drop the results; without
 * any, both are 0.
 * Results: those of the function; NotFound (unknown function); InvalidMemoryAccess.
 */
function callForeignFunction(
  vm: Vm,
  name: number,
  nameSize: number,
  values: number,
  valuesSize: number,
  resultsOut: number,
  sizeOut: number,
): Status {
  const text = vm.memory.readString(name, nameSize);
  const bytes = vm.memory.read(values, valuesSize);
  if (text === null || bytes === null) return Status.InvalidMemoryAccess;
  const foreign = foreignFunctions.get(text);
  if (foreign === undefined) return Status.NotFound;
  const answer = foreign(vm, bytes);
  const results = typeof answer === "number" ? new Uint8Array() : answer;
  if (resultsOut !== 0) {
    const given = vm.memory.give(results, resultsOut, sizeOut);
    if (given !== Status.Ok) return given;
  } else if (sizeOut !== 0 && !vm.memory.writeU32(sizeOut, results.length)) {
    return Status.InvalidMemoryAccess;
  }
  return typeof answer === "number" ? answer : Status.Ok;
}

export const foreignFunctionCalls: HostFunctions = {
  proxy_call_foreign_function: hostFunction(
    { takes: { function: "text", arguments: "bytes" }, gives: { results: "bytes" } },
    callForeignFunction,
  ),
};
