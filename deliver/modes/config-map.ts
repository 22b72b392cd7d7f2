/** How a module gets into the proxy's container: a ConfigMap, mounted by annotations that Istio's injector reads. */
import { basename } from "node:path/posix";
import { checkPlan, type DeliveryPlan, InvalidPlan, modulePathOf } from "../plan.ts";
import type { ConfigMap } from "../resources/config-map.ts";

/** etcd takes objects of at most 1.5 MiB, and Kubernetes ConfigMaps of at most 1 MiB, base64 included. */
const mostBytes = 1024 * 1024;

const configMapName = ({ name }: DeliveryPlan) => `${name}-wasm`;

/** A DNS label, so at most 63 characters. */
const volumeName = ({ name }: DeliveryPlan) => `${name.slice(0, 58)}-wasm`;

/** The ConfigMap with the module. Throws `InvalidPlan` when it does not fit. */
export function moduleConfigMap(plan: DeliveryPlan, module: Uint8Array): ConfigMap {
  checkPlan(plan);
  const base64 = Buffer.from(module).toString("base64");
  if (base64.length > mostBytes - 4096) {
    throw new InvalidPlan([
      `/module: expected at most ${Math.floor(((mostBytes - 4096) * 3) / 4)} bytes in a ConfigMap, found ${module.length}; ` +
        "deliver it in an image instead",
    ]);
  }
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: configMapName(plan), namespace: plan.namespace },
    binaryData: { [basename(modulePathOf(plan))]: base64 },
  };
}

/**
 * Annotations for the pod template of a workload with all its filters: a pod has one of each annotation. The ConfigMaps
 * must be there before the pod is.
 */
export function moduleVolumeAnnotations(...plans: readonly DeliveryPlan[]): Readonly<Record<string, string>> {
  for (const plan of plans) checkPlan(plan);
  const volumes = plans.map((plan) => ({ name: volumeName(plan), configMap: { name: configMapName(plan) } }));
  // The file alone, not its folder: the modules of other filters lie there too. Kubernetes never updates a file that is
  // mounted so, and Envoy would not read it again either: a new module needs new pods.
  const mounts = plans.map((plan) => {
    const mountPath = modulePathOf(plan);
    return { name: volumeName(plan), mountPath, subPath: basename(mountPath), readOnly: true };
  });
  return {
    "sidecar.istio.io/userVolume": JSON.stringify(volumes),
    "sidecar.istio.io/userVolumeMount": JSON.stringify(mounts),
  };
}
