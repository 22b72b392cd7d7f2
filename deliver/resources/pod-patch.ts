/** Source: k8s.io/api/apps/v1 `Deployment`, as far as a strategic merge patch of it is written here. */
import type { Metadata } from "./metadata.ts";

export const patchableKinds = ["Deployment", "StatefulSet", "DaemonSet"] as const;
export type PatchableKind = (typeof patchableKinds)[number];

/** Lists are merged by name, so what else the workload has stays. */
export interface PodPatch {
  readonly apiVersion: "apps/v1";
  readonly kind: PatchableKind;
  readonly metadata: Metadata;
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly annotations: Readonly<Record<string, string>> };
      readonly spec?: {
        readonly initContainers: readonly {
          readonly name: string;
          readonly image: string;
          readonly command: readonly string[];
          readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
        }[];
        readonly volumes: readonly { readonly name: string; readonly emptyDir: Readonly<Record<string, never>> }[];
      };
    };
  };
}
