/** Pods whose proxy has the module in a file: what our patches make of a workload, before Istio's own injector. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { configMapPatch, type DeliveryPlan, initContainerPatch, toYaml } from "@proxy-wasm-kit/deliver";
import { filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && !isBuilt();

const planOf = (name: string): DeliveryPlan => ({
  ...{ name, namespace: "prod", selector: { app: "httpbin" } },
  context: "SIDECAR_INBOUND",
});
const workload = { kind: "Deployment", name: "httpbin" } as const;
const mount = (name: string) => ({
  ...{ name: `${name}-wasm`, mountPath: `/var/local/wasm/${name}.wasm` },
  ...{ subPath: `${name}.wasm`, readOnly: true },
});

describe.skipIf(isAbsent)(isAbsent ? "Istio's injector: run npm run istio:build" : "Istio's injector", () => {
  // Native sidecars are the default where all nodes have Kubernetes 1.33.
  describe.each([false, true])("with native sidecars: %s", (isNative) => {
    test("mounts the modules of ConfigMaps into the proxy", async () => {
      const pod = await injected(configMapPatch(workload, planOf("a"), planOf("b")), isNative);
      for (const name of ["a", "b"]) {
        expect(pod.volumes).toContainEqual({ name: `${name}-wasm`, configMap: { name: `${name}-wasm` } });
        expect(proxyOf(pod)?.volumeMounts).toContainEqual(mount(name));
      }
    });

    test("starts the proxy after the init container that copies the module", async () => {
      const pod = await injected(initContainerPatch(workload, { image: "ghcr.io/me/a:1.0" }, planOf("a")), isNative);
      expect(pod.volumes).toContainEqual({ name: "a-wasm", emptyDir: {} });
      expect(proxyOf(pod)?.volumeMounts).toContainEqual(mount("a"));
      expect(namesIn(pod).indexOf("a-wasm")).toBeGreaterThanOrEqual(0);
      expect(namesIn(pod).indexOf("istio-proxy")).toBeGreaterThan(namesIn(pod).indexOf("a-wasm"));
    });
  });
});

/** The pods of a workload that had nothing the patch could clash with. */
async function injected(patch: ReturnType<typeof configMapPatch>, isNative: boolean): Promise<PodSpec> {
  const { metadata, spec } = patch.spec.template;
  const labels = { app: "httpbin" };
  const template = {
    metadata: { ...metadata, labels },
    spec: { ...spec, containers: [{ name: "httpbin", image: "httpbin" }] },
  };
  const running = promisify(execFile)(filesIn().inject, {
    env: { ...process.env, ENABLE_NATIVE_SIDECARS: `${isNative}` },
  });
  running.child.stdin?.end(toYaml([{ ...patch, spec: { selector: { matchLabels: labels }, template } }]));
  const { stdout } = await running;
  return parseAllDocuments(stdout)[0]?.toJS().spec.template.spec;
}

interface Container {
  readonly name: string;
  readonly volumeMounts?: readonly object[];
}

interface PodSpec {
  readonly initContainers?: readonly Container[];
  readonly containers: readonly Container[];
  readonly volumes?: readonly object[];
}

/** In the order in which they start. */
const containersIn = ({ initContainers = [], containers }: PodSpec) => [...initContainers, ...containers];
const namesIn = (pod: PodSpec) => containersIn(pod).map(({ name }) => name);
const proxyOf = (pod: PodSpec) => containersIn(pod).find(({ name }) => name === "istio-proxy");
