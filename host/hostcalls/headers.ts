/** Header maps. Source: envoy source/extensions/common/wasm/context.cc, proxy-wasm-cpp-host src/exports.cc. */
import { MapKind, Status } from "../abi.ts";
import { bytesOf } from "../byte-string.ts";
import { parsePairs, serializePairs } from "../pairs.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

const isMapKind = (kind: number): kind is MapKind => kind <= MapKind.HttpCallResponseTrailers;

/**
 * `proxy_get_header_map_value(kind, key, size, **value, *size)`: the first value of a name in any case.
 * Results: Ok; NotFound (no such name; the map is absent in `proxy_on_log`; in ABI 0.1.0 Ok and empty); BadArgument (unknown kind; the map is
 * absent); InvalidMemoryAccess (key, checked first; out-pointers, checked last).
 */
function getValue(vm: Vm, kind: number, key: number, keySize: number, valueOut: number, sizeOut: number): Status {
  if (!isMapKind(kind)) return Status.BadArgument;
  const name = vm.memory.readString(key, keySize);
  if (name === null) return Status.InvalidMemoryAccess;
  const map = vm.context.readMap(kind);
  const value = map?.get(name) ?? null;
  const absence = map === null ? vm.context.absentMapStatus : Status.NotFound;
  if (value !== null) return vm.memory.give(bytesOf(value), valueOut, sizeOut);
  // ABI 0.1.0 has no absence.
  const isEmpty = absence === Status.NotFound && vm.loaded.abiVersion === "0.1.0";
  return isEmpty ? vm.memory.give(new Uint8Array(), valueOut, sizeOut) : absence;
}

/**
 * `proxy_get_header_map_pairs(kind, **pairs, *size)`: every entry; size 0 when the map is empty or absent.
 * Results: Ok; BadArgument (unknown kind); InvalidMemoryAccess.
 */
function getPairs(vm: Vm, kind: number, pairsOut: number, sizeOut: number): Status {
  if (!isMapKind(kind)) return Status.BadArgument;
  const entries = vm.context.readMap(kind)?.entries ?? [];
  return vm.memory.give(entries.length === 0 ? new Uint8Array() : serializePairs(entries), pairsOut, sizeOut);
}

/** `proxy_get_header_map_size(kind, *bytes)`: bytes of names and values. Results: as `change`. */
function getSize(vm: Vm, kind: number, sizeOut: number): Status {
  if (!isMapKind(kind)) return Status.BadArgument;
  const map = vm.context.editMap(kind);
  if (map === null) return Status.BadArgument;
  return vm.memory.writeU32(sizeOut, map.byteSize) ? Status.Ok : Status.InvalidMemoryAccess;
}

/**
 * `proxy_add_header_map_value`, `proxy_replace_header_map_value` `(kind, key, size, value, size)`. Nothing is validated.
 * Results: Ok; BadArgument (unknown kind; the map is absent or read-only); InvalidMemoryAccess.
 */
function change(how: "add" | "replace") {
  return (vm: Vm, kind: number, key: number, keySize: number, value: number, valueSize: number): Status => {
    if (!isMapKind(kind)) return Status.BadArgument;
    const name = vm.memory.readString(key, keySize);
    const text = vm.memory.readString(value, valueSize);
    if (name === null || text === null) return Status.InvalidMemoryAccess;
    const map = vm.context.editMap(kind);
    if (map === null) return Status.BadArgument;
    map[how](name, text);
    return Status.Ok;
  };
}

/** `proxy_remove_header_map_value(kind, key, size)`: every entry of the name, if any. Results: as `change`. */
function remove(vm: Vm, kind: number, key: number, keySize: number): Status {
  if (!isMapKind(kind)) return Status.BadArgument;
  const name = vm.memory.readString(key, keySize);
  if (name === null) return Status.InvalidMemoryAccess;
  const map = vm.context.editMap(kind);
  if (map === null) return Status.BadArgument;
  map.remove(name);
  return Status.Ok;
}

/** `proxy_set_header_map_pairs(kind, pairs, size)`: replaces all; malformed pairs clear the map. Results: as `change`. */
function setPairs(vm: Vm, kind: number, pairs: number, size: number): Status {
  if (!isMapKind(kind)) return Status.BadArgument;
  const bytes = vm.memory.read(pairs, size);
  if (bytes === null) return Status.InvalidMemoryAccess;
  const map = vm.context.editMap(kind);
  if (map === null) return Status.BadArgument;
  map.setPairs(parsePairs(bytes));
  return Status.Ok;
}

const named = { map: "mapKind", name: "text", value: "text" } as const;

export const headerFunctions: HostFunctions = {
  proxy_get_header_map_value: hostFunction(
    { takes: { map: "mapKind", name: "text" }, gives: { value: "text" } },
    getValue,
  ),
  proxy_add_header_map_value: hostFunction({ takes: named }, change("add")),
  proxy_replace_header_map_value: hostFunction({ takes: named }, change("replace")),
  proxy_remove_header_map_value: hostFunction({ takes: { map: "mapKind", name: "text" } }, remove),
  proxy_get_header_map_pairs: hostFunction({ takes: { map: "mapKind" }, gives: { pairs: "pairs" } }, getPairs),
  proxy_set_header_map_pairs: hostFunction({ takes: { map: "mapKind", pairs: "pairs" } }, setPairs),
  proxy_get_header_map_size: hostFunction({ takes: { map: "mapKind" }, gives: { bytes: "u32" } }, getSize),
};
