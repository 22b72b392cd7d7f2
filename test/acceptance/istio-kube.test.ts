/** What is applied to a real Kubernetes API server filters: istiod follows it, and the Envoys of its pods. */
import { resolve } from "node:path";
import { type DeliveryPlan, deliveryModes } from "@proxy-wasm-kit/deliver";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { isBenchSkipped, whyWithoutBench } from "../kube/available.ts";
import { KubeBench } from "../kube/bench.ts";
import type { ProxyPod } from "../kube/proxy-pod.ts";

const namespace = "shop";
const header = "x-filtered-by";
/** Istiod looks for an API server that was away ever more seldom. */
const patienceMs = 30_000;

/** Requests get the header with this value. */
const plan = (value: string, changes: Partial<DeliveryPlan> = {}): DeliveryPlan => ({
  ...{ name: "tag", namespace, selector: { app: "web" }, context: "SIDECAR_INBOUND" },
  ...{ modulePath: resolve("dist/attribute-gen.wasm"), rootId: "attribute-gen" },
  configuration: {
    attributes: [{ output_attribute: "a", phase: "ON_REQUEST", default: value, request_header: header }],
  },
  ...changes,
});

const manifests = (mode: string, of: DeliveryPlan): readonly object[] =>
  deliveryModes.find(({ name }) => name === mode)?.resources(of) ?? [];

let bench: KubeBench;
let sidecar: ProxyPod;
let gateway: ProxyPod;
beforeAll(async () => {
  if (isBenchSkipped) return;
  bench = await KubeBench.start();
  [sidecar, gateway] = await Promise.all([
    bench.sidecar({ name: "web-1", namespace, labels: { app: "web" } }),
    bench.gateway({ name: "edge-1", namespace, labels: { istio: "edge" } }),
  ]);
});
beforeEach(({ skip }) => skip(isBenchSkipped, whyWithoutBench));
afterAll(() => bench?.stop());

/** Resolves once requests reach the application with this value; undefined: without the header. */
const becomes = (pod: ProxyPod, value: string | undefined) =>
  expect
    .poll(
      async () => {
        const { status } = await pod.get();
        return status === 200 ? pod.application.take()[0]?.headers[header] : status;
      },
      { timeout: patienceMs, interval: 20 },
    )
    .toBe(value);

const proxies = {
  "a sidecar": { pod: () => sidecar, changes: {} },
  "a gateway": { pod: () => gateway, changes: { selector: { istio: "edge" }, context: "GATEWAY" } },
} as const;
const cases = ["envoyfilter", "wasmplugin", "trafficextension"].flatMap((mode) =>
  Object.keys(proxies).map((name) => [name as keyof typeof proxies, mode] as const),
);

test.each(cases)(
  "kubernetes: %s follows its %s when that is applied, changed, changed back and deleted",
  async (name, mode) => {
    const { pod, changes } = proxies[name];
    const resources = (value: string) => manifests(mode, plan(value, changes));
    await becomes(pod(), undefined);
    // Envoy keeps a VM and its root contexts for a while: the first configuration must count again.
    for (const value of ["first", "second", "first"]) {
      await bench.kubectl.apply(...resources(value));
      await becomes(pod(), value);
    }
    await bench.kubectl.delete(...resources("first"));
    await becomes(pod(), undefined);
  },
);

test("kubernetes: an API server that is away leaves the filter where it is, and is followed when it is back", async () => {
  await bench.kubectl.apply(...manifests("envoyfilter", plan("before")));
  await becomes(sidecar, "before");
  await bench.apiServer.stop();
  expect((await bench.kubectl.try(["get", "pods"])).stderr).toContain("connection to the server");
  await becomes(sidecar, "before");
  await bench.apiServer.restart();
  await bench.kubectl.apply(...manifests("envoyfilter", plan("after")));
  await becomes(sidecar, "after");
  await bench.kubectl.delete(...manifests("envoyfilter", plan("after")));
});
