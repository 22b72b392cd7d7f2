/**
 * Modules that Istio's agent could not fetch. It acknowledges them all the same, and gives Envoy an RBAC filter in their place,
 * so only Envoy itself tells. Source: istio pkg/wasm/convert.go.
 */
import { isRecord } from "./difference.ts";
import type { Kubectl } from "./kubectl.ts";
import type { LiveObject } from "./objects.ts";
import { filterNames } from "./sent.ts";

/** By which Envoy knows the configurations of an object whose modules have URLs; none when it has no such modules. */
export function fetchedNames(live: LiveObject): readonly string[] {
  const spec = isRecord(live.spec) ? live.spec : {};
  if (live.kind === "EnvoyFilter")
    return (Array.isArray(spec.configPatches) ? spec.configPatches : []).flatMap(({ applyTo, patch }) => {
      const { value } = isRecord(patch) ? patch : {};
      const isRemote = applyTo === "EXTENSION_CONFIG" && /"http_?uri"/i.test(JSON.stringify(value));
      return isRemote && isRecord(value) ? [String(value.name)] : [];
    });
  const wasm = live.kind === "WasmPlugin" ? spec : live.kind === "TrafficExtension" ? spec.wasm : undefined;
  return isRecord(wasm) && !String(wasm.url).startsWith("file://") ? filterNames(live) : [];
}

/** Those of the names that have no module in this pod's Envoy. Throws `KubectlFailure`. */
export async function unfetchedIn(
  kubectl: Kubectl,
  { pod, namespace }: { readonly pod: string; readonly namespace: string },
  names: readonly string[],
): Promise<readonly string[]> {
  const { stdout } = await kubectl.run(`asking the Envoy of pod ${namespace}/${pod}`, [
    ...["exec", pod, "--namespace", namespace, "--container", "istio-proxy", "--"],
    ...["pilot-agent", "request", "GET", "config_dump?resource=ecds_filters"],
  ]);
  const unfetched = new Set<string>();
  // In whatever `EcdsFilterConfig` there is.
  JSON.parse(stdout, (_, node: unknown) => {
    if (!isRecord(node) || !isRecord(node.typed_config)) return node;
    const isReplaced = String(node.typed_config["@type"]).endsWith(".rbac.v3.RBAC");
    if (isReplaced && names.includes(String(node.name))) unfetched.add(String(node.name));
    return node;
  });
  return [...unfetched];
}
