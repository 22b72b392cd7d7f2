/** Shared data and shared queues. Source: proxy-wasm-cpp-host src/exports.cc. */
import { Status } from "../abi.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

/** `proxy_get_shared_data(key, size, **value, *size, *cas)`. Results: Ok; NotFound; InvalidMemoryAccess. */
function getSharedData(
  vm: Vm,
  key: number,
  keySize: number,
  valueOut: number,
  sizeOut: number,
  casOut: number,
): Status {
  const name = vm.memory.readString(key, keySize);
  if (name === null) return Status.InvalidMemoryAccess;
  const shared = vm.services.sharedData.get(vm.options.vmId, name);
  if (shared === null) return Status.NotFound;
  const given = vm.memory.give(shared.value, valueOut, sizeOut);
  if (given !== Status.Ok) return given;
  return vm.memory.writeU32(casOut, shared.cas) ? Status.Ok : Status.InvalidMemoryAccess;
}

/** `proxy_set_shared_data(key, size, value, size, cas)`. Results: Ok; CasMismatch; InvalidMemoryAccess. */
function setSharedData(vm: Vm, key: number, keySize: number, value: number, valueSize: number, cas: number): Status {
  const name = vm.memory.readString(key, keySize);
  const bytes = vm.memory.read(value, valueSize);
  if (name === null || bytes === null) return Status.InvalidMemoryAccess;
  return vm.services.sharedData.set(vm.options.vmId, name, bytes, cas);
}

/**
 * `proxy_register_shared_queue(name, size, *token)`: `proxy_on_queue_ready` now goes to this VM's root context.
 * Results: Ok; InvalidMemoryAccess.
 */
function registerQueue(vm: Vm, name: number, nameSize: number, tokenOut: number): Status {
  const text = vm.memory.readString(name, nameSize);
  if (text === null) return Status.InvalidMemoryAccess;
  const { root } = vm.context;
  const token = vm.services.queues.register(vm.options.vmId, text, (ready) => root?.queueReady(ready));
  return vm.memory.writeU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
}

/**
 * `proxy_resolve_shared_queue(vm_id, size, name, size, *token)`: an empty VM id is the module's own.
 * Results: Ok; NotFound; InvalidMemoryAccess.
 */
function resolveQueue(
  vm: Vm,
  vmId: number,
  vmIdSize: number,
  name: number,
  nameSize: number,
  tokenOut: number,
): Status {
  const owner = vm.memory.readString(vmId, vmIdSize);
  const text = vm.memory.readString(name, nameSize);
  if (owner === null || text === null) return Status.InvalidMemoryAccess;
  const token = vm.services.queues.resolve(owner || vm.options.vmId, text);
  if (token === null) return Status.NotFound;
  return vm.memory.writeU32(tokenOut, token) ? Status.Ok : Status.InvalidMemoryAccess;
}

/** `proxy_enqueue_shared_queue(token, item, size)`. Results: Ok; NotFound (unknown token); InvalidMemoryAccess. */
function enqueue(vm: Vm, token: number, item: number, itemSize: number): Status {
  const bytes = vm.memory.read(item, itemSize);
  if (bytes === null) return Status.InvalidMemoryAccess;
  return vm.services.queues.enqueue(token, bytes) ? Status.Ok : Status.NotFound;
}

/** `proxy_dequeue_shared_queue(token, **item, *size)`. Results: Ok; Empty; NotFound (unknown token); InvalidMemoryAccess. */
function dequeue(vm: Vm, token: number, itemOut: number, sizeOut: number): Status {
  const item = vm.services.queues.dequeue(token);
  if (item === "unknown") return Status.NotFound;
  return item === "empty" ? Status.Empty : vm.memory.give(item, itemOut, sizeOut);
}

export const sharedFunctions: HostFunctions = {
  proxy_get_shared_data: hostFunction({ takes: { key: "text" }, gives: { value: "bytes", cas: "u32" } }, getSharedData),
  proxy_set_shared_data: hostFunction({ takes: { key: "text", value: "bytes", cas: "u32" } }, setSharedData),
  proxy_register_shared_queue: hostFunction({ takes: { name: "text" }, gives: { token: "u32" } }, registerQueue),
  proxy_resolve_shared_queue: hostFunction(
    { takes: { vmId: "text", name: "text" }, gives: { token: "u32" } },
    resolveQueue,
  ),
  proxy_enqueue_shared_queue: hostFunction({ takes: { token: "u32", item: "bytes" } }, enqueue),
  proxy_dequeue_shared_queue: hostFunction({ takes: { token: "u32" }, gives: { item: "bytes" } }, dequeue),
};
