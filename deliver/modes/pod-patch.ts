/** The pods of a workload with the module in the proxy's container: out of a ConfigMap, or out of an image. */
import { basename } from "node:path/posix";
import { checkPlan, type DeliveryPlan, isDnsLabel, modulePathOf } from "../plan.ts";
import { check, InvalidPlan } from "../problems.ts";
import { type PatchableKind, type PodPatch, patchableKinds } from "../resources/pod-patch.ts";
import { moduleVolumeAnnotations, volumeName } from "./config-map.ts";

export interface PatchedWorkload {
  readonly kind: PatchableKind;
  readonly name: string;
}

/** An image with a shell's `cp` and the module; the images of `pwk push` have nothing but the module. */
export interface FileImage {
  readonly image: string;
  /** Of the module in it. Default: `/plugin.wasm`. */
  readonly path?: string;
}

/** The patch that mounts the files of ConfigMaps, as `moduleConfigMap` makes them. Throws `InvalidPlan`. */
export function configMapPatch(workload: PatchedWorkload, ...plans: readonly DeliveryPlan[]): PodPatch {
  return patch(workload, plans, { metadata: { annotations: moduleVolumeAnnotations(...plans) } });
}

/** The patch whose init container copies the module into a volume of the pod. For modules over 1 MiB. Throws `InvalidPlan`. */
export function initContainerPatch(workload: PatchedWorkload, files: FileImage, plan: DeliveryPlan): PodPatch {
  checkPlan(plan);
  const { image, path = "/plugin.wasm" } = files;
  const problems = [
    ...check(/^[^\s/:][^\s]*$/.test(image) && !image.includes("://"), "/image", "an image without a scheme", image),
    ...check(/^\/\S+$/.test(path), "/path", "an absolute path of a file", path),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
  const modulePath = modulePathOf(plan);
  const name = volumeName(plan);
  // A folder of its own: what is mounted on a folder hides what other filters have there, so only the file is mounted.
  const folder = "/wasm";
  return patch(workload, [plan], {
    metadata: {
      annotations: {
        // Where Kubernetes has native sidecars, the proxy would start before the init container, and miss the module.
        "sidecar.istio.io/nativeSidecar": "false",
        // The volume itself stands in the template: Kubernetes looks for that of the init container before Istio adds any.
        "sidecar.istio.io/userVolumeMount": JSON.stringify([
          { name, mountPath: modulePath, subPath: basename(modulePath), readOnly: true },
        ]),
      },
    },
    spec: {
      initContainers: [
        {
          name,
          image,
          command: ["cp", path, `${folder}/${basename(modulePath)}`],
          volumeMounts: [{ name, mountPath: folder }],
        },
      ],
      volumes: [{ name, emptyDir: {} }],
    },
  });
}

function patch(
  { kind, name }: PatchedWorkload,
  plans: readonly DeliveryPlan[],
  template: PodPatch["spec"]["template"],
): PodPatch {
  const [first, ...others] = plans;
  const namespace = first?.namespace ?? "";
  const problems = [
    ...check(patchableKinds.includes(kind), "/workload/kind", `one of ${patchableKinds.join(", ")}`, kind),
    ...check(name.split(".").every(isDnsLabel), "/workload/name", "the name of a workload", name),
    ...others.flatMap((other) => check(other.namespace === namespace, "/namespace", "the same one", other.namespace)),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
  return { apiVersion: "apps/v1", kind, metadata: { name, namespace }, spec: { template } };
}
