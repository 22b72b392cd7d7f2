/** One plugin: a module's root context with its configuration. Source: envoy.extensions.wasm.v3.PluginConfig. */
import type { ByteString } from "./byte-string.ts";

export type FailurePolicy = "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";

export interface Plugin {
  readonly name: ByteString;
  readonly rootId: ByteString;
  readonly vmId: ByteString;
  readonly configuration: Uint8Array;
  readonly failurePolicy: FailurePolicy;
  /** `StopIteration` from a headers callback keeps body callbacks coming. When false it stops them too. */
  readonly allowOnHeadersStopIteration: boolean;
}
