/** Pods whose proxy has modules in files and Secrets in variables: what our patches make of a workload, before Istio's own injector. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type DeliveryPlan, type PodPatch, podPatch, toYaml } from "@proxy-wasm-kit/deliver";
import { filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && !isBuilt();

const planOf = (name: string): DeliveryPlan => ({
  ...{ name, namespace: "prod", selector: { app: "httpbin" } },
  context: "SIDECAR_INBOUND",
});
const workload = { kind: "Deployment", name: "httpbin", namespace: "prod" } as const;
const mount = (name: string) => ({
  ...{ name: `${name}-wasm`, mountPath: `/var/local/wasm/${name}.wasm` },
  ...{ subPath: `${name}.wasm`, readOnly: true },
});
const secret = { name: "HMAC_KEY", secret: "webhook-keys", key: "github" };
const variable = { name: "HMAC_KEY", valueFrom: { secretKeyRef: { name: "webhook-keys", key: "github" } } };

describe.skipIf(isAbsent)(isAbsent ? "Istio's injector: run npm run istio:build" : "Istio's injector", () => {
  // Native sidecars are the default where all nodes have Kubernetes 1.33.
  describe.each([false, true])("with native sidecars: %s", (isNative) => {
    test("mounts the modules of ConfigMaps into the proxy", async () => {
      const files = [{ plan: planOf("a") }, { plan: planOf("b") }];
      const pod = await injected(podPatch(workload, { files }), isNative);
      for (const name of ["a", "b"]) {
        expect(pod.volumes).toContainEqual({ name: `${name}-wasm`, configMap: { name: `${name}-wasm` } });
        expect(proxiesOf(pod)[0]?.volumeMounts).toContainEqual(mount(name));
      }
    });

    test("starts the proxy after the init containers that copy the modules", async () => {
      const image = { image: "ghcr.io/me/files:1.0" };
      const files = [
        { plan: planOf("a"), image },
        { plan: planOf("b"), image },
      ];
      const pod = await injected(podPatch(workload, { files, secrets: [secret] }), isNative);
      for (const name of ["a", "b"]) {
        expect(pod.volumes).toContainEqual({ name: `${name}-wasm`, emptyDir: {} });
        expect(proxiesOf(pod)[0]?.volumeMounts).toContainEqual(mount(name));
        expect(namesIn(pod).indexOf(`${name}-wasm`)).toBeGreaterThanOrEqual(0);
        expect(namesIn(pod).indexOf("istio-proxy")).toBeGreaterThan(namesIn(pod).indexOf(`${name}-wasm`));
      }
      expect(proxiesOf(pod)[0]?.env).toContainEqual(variable);
    });

    test("gives the one proxy the variable of a Secret besides its own, in Istio's image", async () => {
      const pod = await injected(podPatch(workload, { secrets: [secret] }), isNative);
      const [proxy, ...more] = proxiesOf(pod);
      expect(more).toEqual([]);
      expect(proxy?.env).toContainEqual(variable);
      expect(proxy?.env?.map(({ name }) => name)).toContain("PROXY_CONFIG");
      expect(proxy?.image).toMatch(/\/proxyv2:/);
      expect(pod.containers.map(({ name }) => name)).toEqual(isNative ? ["httpbin"] : ["httpbin", "istio-proxy"]);
    });

    test("leaves a gateway's proxy what the patch gives it", async () => {
      const patch = podPatch({ ...workload, isGateway: true }, { files: [{ plan: planOf("a") }], secrets: [secret] });
      const pod = await injected(patch, isNative, "gateway");
      const [proxy, ...more] = proxiesOf(pod);
      expect(more).toEqual([]);
      expect(proxy?.env).toContainEqual(variable);
      expect(proxy?.volumeMounts).toContainEqual(mount("a"));
      expect(proxy?.image).toMatch(/\/proxyv2:/);
      expect(pod.volumes).toContainEqual({ name: "a-wasm", configMap: { name: "a-wasm" } });
    });
  });
});

/** The pods of a workload that had nothing the patch could clash with: of an application, or of Istio's chart for gateways. */
async function injected(patch: PodPatch, isNative: boolean, kind: "sidecar" | "gateway" = "sidecar"): Promise<PodSpec> {
  const { metadata, spec } = patch.spec.template;
  const labels = { app: "httpbin" };
  const own =
    kind === "sidecar"
      ? // In the order in which an API server has them then.
        [...(spec?.containers ?? []), { name: "httpbin", image: "httpbin" }]
      : [{ ...spec?.containers?.[0], name: "istio-proxy", image: "auto" }];
  const annotations = {
    ...metadata?.annotations,
    ...(kind === "gateway" && { "inject.istio.io/templates": "gateway" }),
  };
  const template = { metadata: { annotations, labels }, spec: { ...spec, containers: own } };
  const running = promisify(execFile)(filesIn().inject, {
    env: { ...process.env, ENABLE_NATIVE_SIDECARS: `${isNative}` },
  });
  running.child.stdin?.end(toYaml([{ ...patch, spec: { selector: { matchLabels: labels }, template } }]));
  const { stdout } = await running;
  return parseAllDocuments(stdout)[0]?.toJS().spec.template.spec;
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly { readonly name: string }[];
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
const proxiesOf = (pod: PodSpec) => containersIn(pod).filter(({ name }) => name === "istio-proxy");
