/** How a module gets into the proxy's container: a ConfigMap, mounted by annotations that Istio's injector reads. */
import { basename, dirname } from "node:path/posix";
import { checkPlan, type DeliveryPlan, InvalidPlan, modulePathOf } from "../plan.ts";
import type { ConfigMap } from "../resources/config-map.ts";

/** etcd takes objects of at most 1.5 MiB, and Kubernetes ConfigMaps of at most 1 MiB, base64 included. */
const mostBytes = 1024 * 1024;

const configMapName = ({ name }: DeliveryPlan) => `${name}-wasm`;

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

/** Annotations for the workload's pod template. The ConfigMap must be there before the pod is. */
export function moduleVolumeAnnotations(plan: DeliveryPlan): Readonly<Record<string, string>> {
  checkPlan(plan);
  const volume = [{ name: configMapName(plan), configMap: { name: configMapName(plan) } }];
  const mount = [{ name: configMapName(plan), mountPath: dirname(modulePathOf(plan)), readOnly: true }];
  return {
    "sidecar.istio.io/userVolume": JSON.stringify(volume),
    "sidecar.istio.io/userVolumeMount": JSON.stringify(mount),
  };
}
