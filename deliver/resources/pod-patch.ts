/** Source: k8s.io/api/apps/v1 `Deployment`, as far as a strategic merge patch of it is written here. */
import type { Metadata } from "./metadata.ts";

export const patchableKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;
export type PatchableKind = (typeof patchableKinds)[number];

/** Lists are merged by name (mounts by path), so what else the workload has stays. */
export interface PodPatch {
  readonly apiVersion: "apps/v1";
  readonly kind: PatchableKind;
  readonly metadata: Metadata;
  readonly spec: {
    readonly template: {
      readonly metadata?: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec?: {
        readonly containers?: readonly ProxyContainer[];
        readonly initContainers?: readonly InitContainer[];
        readonly volumes?: readonly Volume[];
      };
    };
  };
}

/** What the proxy's container has besides what Istio gives it. */
export interface ProxyContainer {
  readonly name: "istio-proxy";
  /** "auto": the injector puts its own in the place of it. A container that is there already has one. */
  readonly image?: "auto";
  readonly env?: readonly SecretEnvVar[];
  readonly volumeMounts?: readonly VolumeMount[];
}

export interface SecretEnvVar {
  readonly name: string;
  readonly valueFrom: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

export interface InitContainer {
  readonly name: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly volumeMounts: readonly VolumeMount[];
}

export interface VolumeMount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: true;
}

export type Volume =
  | { readonly name: string; readonly configMap: { readonly name: string } }
  | { readonly name: string; readonly emptyDir: Readonly<Record<string, never>> };
