/** What a real API server makes of workloads and our patches: everything that was there stays, and a second time changes nothing. */
import { type DeliveryPlan, type ProxyNeeds, podPatch, toYaml } from "@proxy-wasm-kit/deliver";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isBenchSkipped, whyWithoutBench } from "../kube/available.ts";
import { KubeBench } from "../kube/bench.ts";

const namespace = "shop";
const plan: DeliveryPlan = { name: "hmac-auth", namespace, selector: { app: "web" }, context: "SIDECAR_INBOUND" };
const secret = { name: "HMAC_KEY", secret: "webhook-keys", key: "github" };
const variable = { name: "HMAC_KEY", valueFrom: { secretKeyRef: { name: "webhook-keys", key: "github" } } };
const level = { name: "LEVEL", value: "debug" };

let bench: KubeBench;
beforeAll(async () => {
  if (isBenchSkipped) return;
  bench = await KubeBench.start();
  await bench.kubectl.run(["create", "namespace", namespace]);
});
beforeEach(({ skip }) => skip(isBenchSkipped, whyWithoutBench));
afterAll(() => bench?.stop());

test("a sidecar's container comes beside the application's, in front of it", async () => {
  const needs = { files: [{ plan, image: { image: "ghcr.io/me/files:1" } }], secrets: [secret] };
  const { containers, initContainers } = await patched("web", [{ name: "web", image: "web" }], needs);
  expect(containers.map(({ name }) => name)).toEqual(["istio-proxy", "web"]);
  expect(containers[0]).toMatchObject({ image: "auto", env: [variable] });
  expect(initContainers?.map(({ name }) => name)).toEqual(["hmac-auth-wasm"]);
});

test("a gateway's container keeps its image, its variables and its mounts", async () => {
  const image = "registry.istio.io/release/proxyv2:1.31.0";
  const own = { name: "istio-proxy", image, env: [level] };
  const { containers } = await patched("edge", [own], { files: [{ plan }], secrets: [secret] }, true);
  expect(containers).toHaveLength(1);
  expect(containers[0]).toMatchObject({ image, volumeMounts: [{ mountPath: "/var/local/wasm/hmac-auth.wasm" }] });
  expect(containers[0]?.env).toEqual(expect.arrayContaining([level, variable]));
});

interface Container {
  readonly name: string;
  readonly image: string;
  readonly env?: readonly object[];
}

interface PodSpec {
  readonly containers: readonly Container[];
  readonly initContainers?: readonly Container[];
}

/** The pods of a Deployment with these containers, patched twice. */
async function patched(
  name: string,
  containers: readonly Container[],
  needs: ProxyNeeds,
  isGateway = false,
): Promise<PodSpec> {
  const labels = { app: name };
  await bench.kubectl.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  });
  const patch = toYaml([podPatch({ kind: "Deployment", name, namespace, isGateway }, needs)]);
  const run = () => bench.kubectl.run(["-n", namespace, "patch", "deployment", name, "--patch", patch]);
  await run();
  expect(await run()).toContain("patched (no change)");
  const text = await bench.kubectl.run(["-n", namespace, "get", "deployment", name, "-o", "json"]);
  return JSON.parse(text).spec.template.spec;
}
