/** Properties. Source: envoy source/extensions/common/wasm/context.cc `getProperty`, `setProperty`. */
import { Status } from "../abi.ts";
import { findProperty, serializeProperty } from "../property-value.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/**
 * `proxy_get_property(path, size, **value, *size)`: segments of the path are separated by NUL, one more may end it.
 * Results: Ok; NotFound; SerializationFailure (no path, or a whole table such as `request`); InvalidMemoryAccess.
 */
function getProperty(vm: Vm, path: number, pathSize: number, valueOut: number, sizeOut: number): Status {
  const text = vm.memory.readString(path, pathSize);
  if (text === null) return Status.InvalidMemoryAccess;
  if (text === "") return Status.SerializationFailure;
  const segments = text.replace(/\0$/, "").split("\0");
  const value = findProperty(vm.context.properties, segments);
  if (value === undefined) return Status.NotFound;
  const bytes = serializeProperty(value);
  return bytes === null ? Status.SerializationFailure : vm.memory.give(bytes, valueOut, sizeOut);
}

/**
 * `proxy_set_property(path, size, value, size)`: as filter state `wasm.<path>`.
 * Results: Ok; NotFound (no stream); InvalidMemoryAccess.
 */
function setProperty(vm: Vm, path: number, pathSize: number, value: number, valueSize: number): Status {
  const name = vm.memory.readString(path, pathSize);
  const bytes = vm.memory.read(value, valueSize);
  if (name === null || bytes === null) return Status.InvalidMemoryAccess;
  return vm.context.setProperty(name, bytes);
}

export const propertyFunctions: HostFunctions = {
  proxy_get_property: hostFunction({ takes: { path: "path" }, gives: { value: "bytes" } }, getProperty),
  proxy_set_property: hostFunction({ takes: { path: "path", value: "bytes" } }, setProperty),
};
