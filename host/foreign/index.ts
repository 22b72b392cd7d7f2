/** Envoy's foreign functions by name. Source: envoy source/extensions/common/wasm/foreign.cc. */
import { Status } from "../abi.ts";
import type { ByteString } from "../byte-string.ts";
import type { Vm } from "../vm.ts";
import { createExpression, deleteExpression, evaluateExpression } from "./expressions.ts";
import { declareProperty, setEnvoyFilterState } from "./filter-state.ts";
import { sign, verifySignature } from "./signatures.ts";
import { compress, uncompress } from "./zlib.ts";

/** Takes bytes of a format of its own; returns its result, which means Ok, or a status without result. */
export type ForeignFunction = (vm: Vm, values: Uint8Array) => Uint8Array | Status;

export const foreignFunctions: ReadonlyMap<ByteString, ForeignFunction> = new Map<ByteString, ForeignFunction>([
  // The host has one route: there is nothing to choose again.
  ["clear_route_cache", () => Status.Ok],
  ["compress", compress],
  ["uncompress", uncompress],
  ["declare_property", declareProperty],
  ["set_envoy_filter_state", setEnvoyFilterState],
  ["verify_signature", verifySignature],
  ["sign", sign],
  ["expr_create", createExpression],
  ["expr_evaluate", evaluateExpression],
  ["expr_delete", deleteExpression],
]);
