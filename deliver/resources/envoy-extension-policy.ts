/** Source: github.com/envoyproxy/gateway api/v1alpha1 `EnvoyExtensionPolicy`, as far as it is written here. */
import type { TargetRef } from "../plan.ts";
import type { PullPolicy } from "../source.ts";
import type { Metadata } from "./metadata.ts";

export interface EnvoyExtensionPolicy {
  readonly apiVersion: "gateway.envoyproxy.io/v1alpha1";
  readonly kind: "EnvoyExtensionPolicy";
  readonly metadata: Metadata;
  readonly spec: {
    readonly targetRefs: readonly TargetRef[];
    readonly wasm: readonly {
      readonly name: string;
      readonly rootID: string;
      readonly code: GatewayCode;
      readonly config?: unknown;
      readonly failOpen: boolean;
      readonly env?: { readonly hostKeys: readonly string[] };
    }[];
  };
}

export type GatewayCode = { readonly pullPolicy?: PullPolicy } & (
  | {
      readonly type: "Image";
      readonly image: {
        readonly url: string;
        readonly sha256?: string;
        readonly pullSecretRef?: { readonly kind: "Secret"; readonly name: string };
      };
    }
  | { readonly type: "HTTP"; readonly http: { readonly url: string; readonly sha256?: string } }
);
