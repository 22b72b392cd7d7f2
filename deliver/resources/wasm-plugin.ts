/** Source: istio.io/api extensions/v1alpha1 `WasmPlugin` and `TrafficExtension`, as far as they are written here. */
import type { Phase } from "../filter-metadata.ts";
import type { TargetRef } from "../plan.ts";
import type { PullPolicy } from "../source.ts";
import type { Metadata } from "./metadata.ts";

export interface WasmPlugin {
  readonly apiVersion: "extensions.istio.io/v1alpha1";
  readonly kind: "WasmPlugin";
  readonly metadata: Metadata;
  readonly spec: Attachment & WasmConfig;
}

export interface TrafficExtension {
  readonly apiVersion: "extensions.istio.io/v1alpha1";
  readonly kind: "TrafficExtension";
  readonly metadata: Metadata;
  readonly spec: Attachment & { readonly wasm: WasmConfig };
}

/** Where the filter goes. */
export interface Attachment {
  /** With neither of these two: every workload of the namespace. */
  readonly selector?: { readonly matchLabels: Readonly<Record<string, string>> };
  readonly targetRefs?: readonly TargetRef[];
  readonly phase?: Phase;
  readonly priority?: number;
  /** Absent: inbound and outbound listeners. */
  readonly match?: readonly {
    readonly mode?: "SERVER" | "CLIENT";
    readonly ports?: readonly { readonly number: number }[];
  }[];
}

/** The filter itself. */
export interface WasmConfig {
  readonly url: string;
  readonly sha256?: string;
  readonly imagePullPolicy?: PullPolicy;
  readonly imagePullSecret?: string;
  /** Becomes the root ID. */
  readonly pluginName: string;
  readonly failStrategy: "FAIL_CLOSE" | "FAIL_OPEN" | "FAIL_RELOAD";
  readonly pluginConfig?: Readonly<Record<string, unknown>>;
  readonly vmConfig?: {
    readonly env: readonly (
      | { readonly name: string; readonly value: string }
      | { readonly name: string; readonly valueFrom: "HOST" }
    )[];
  };
  readonly type: "HTTP";
}
