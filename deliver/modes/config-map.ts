/** How a module of at most 1 MiB gets into the proxy's container: a ConfigMap, mounted as a file. */
import { basename } from "node:path/posix";
import { checkPlan, type DeliveryPlan, modulePathOf } from "../plan.ts";
import { InvalidPlan } from "../problems.ts";
import type { ConfigMap } from "../resources/config-map.ts";
import type { Volume, VolumeMount } from "../resources/pod-patch.ts";

/** Of all values together, decoded. Source: kubernetes `ValidateConfigMap`, with k8s.io/api/core/v1 `MaxSecretSize`. */
const mostBytes = 1024 * 1024;

const configMapName = ({ name }: DeliveryPlan) => `${name}-wasm`;

/** A DNS label, so at most 63 characters. */
export const volumeName = ({ name }: Pick<DeliveryPlan, "name">) => `${name.slice(0, 58)}-wasm`;

/**
 * The ConfigMap with the module. Throws `InvalidPlan` when Kubernetes would refuse it. `kubectl apply` needs
 * `--server-side` for a module over about 190 KiB: otherwise it keeps a copy in an annotation, at most 256 KiB long.
 */
export function moduleConfigMap(plan: DeliveryPlan, module: Uint8Array): ConfigMap {
  checkPlan(plan);
  const key = basename(modulePathOf(plan));
  if (!isKey(key)) {
    throw new InvalidPlan([
      `/modulePath: expected a file name of letters, digits, -, _ and ., found ${JSON.stringify(key)}`,
    ]);
  }
  if (module.length > mostBytes) {
    throw new InvalidPlan([
      `/module: expected at most ${mostBytes} bytes in a ConfigMap, found ${module.length}; deliver it in an image instead`,
    ]);
  }
  return {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: configMapName(plan), namespace: plan.namespace },
    binaryData: { [key]: Buffer.from(module).toString("base64") },
  };
}

/** Source: k8s.io/apimachinery/pkg/util/validation, `IsConfigMapKey`. */
const isKey = (name: string) => /^(?!\.\.|\.$)[-._a-zA-Z0-9]{1,253}$/.test(name);

/** The ConfigMap as a volume of the pod; it must be there before the pod is. */
export const moduleVolume = (plan: DeliveryPlan): Volume => ({
  name: volumeName(plan),
  configMap: { name: configMapName(plan) },
});

/**
 * The file alone, not its folder: the modules of other filters lie there too. Kubernetes never updates a file that is
 * mounted so, and Envoy would not read it again either: a new module needs new pods.
 */
export function moduleMount(plan: DeliveryPlan): VolumeMount {
  const mountPath = modulePathOf(plan);
  return { name: volumeName(plan), mountPath, subPath: basename(mountPath), readOnly: true };
}
