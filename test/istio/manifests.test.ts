/** What `deliver` makes of every kind of plan, before Istio's own validators. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  type DeliveryPlan,
  deliveryModes,
  envoyFilter,
  mirrorFilter,
  proxyContexts,
  toYaml,
} from "@proxy-wasm-kit/deliver";
import { filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const run = promisify(execFile);

const smallest: DeliveryPlan = { name: "a", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };

const gateway = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "edge" };

const everywhere: Readonly<Record<string, DeliveryPlan>> = {
  ...Object.fromEntries(proxyContexts.map((context) => [context, { ...smallest, context }])),
  "every workload of the namespace": { ...smallest, selector: "*" },
  "a Gateway of the Gateway API": { ...smallest, context: "GATEWAY", selector: "*", targetRefs: [gateway] },
  "a module behind http": { ...smallest, source: { url: "http://host:8080/a.wasm" } },
  "an image by its digest": {
    ...smallest,
    source: { url: `oci://ghcr.io/me/a1@sha256:${"a".repeat(64)}`, sha256: "a".repeat(64) },
  },
};

const envoyFilterPlans: Readonly<Record<string, DeliveryPlan>> = {
  ...everywhere,
  "a module in the manifest": { ...smallest, source: { inline: Uint8Array.of(0, 97, 115, 109) } },
  "a configuration of bytes": { ...smallest, configuration: Uint8Array.of(0, 255) },
  "a configuration of text that YAML 1.1 reads as a number": { ...smallest, configuration: "1_000" },
  everything: {
    ...smallest,
    name: "a".repeat(63),
    selector: { "app.kubernetes.io/name": "a", version: "1", empty: "" },
    rootId: "no",
    before: "istio.stats",
    port: 8080,
    proxyVersion: "^1\\.3[01]\\.",
    priority: -5,
    modulePath: "/etc/wasm/a b.wasm",
    vmId: "0x1",
    configuration: { "12:30:00": ["~", "on", 1, null] },
    environment: { LEVEL: "y" },
    hostEnvironment: ["HMAC_KEY"],
    failurePolicy: "FAIL_RELOAD",
    allowOnHeadersStopIteration: false,
  },
};

const wasmPluginPlans: Readonly<Record<string, DeliveryPlan>> = {
  ...everywhere,
  services: {
    ...smallest,
    selector: "*",
    targetRefs: [
      { group: "", kind: "Service", name: "shop" },
      { group: "networking.istio.io", kind: "ServiceEntry", name: "partner" },
    ],
  },
  everything: {
    ...smallest,
    selector: { "app.kubernetes.io/name": "a", version: "1" },
    rootId: "no",
    port: 8080,
    phase: "STATS",
    priority: -5,
    source: { url: "oci://host:5000/me/a1:1", pullPolicy: "Always", pullSecret: "regcred" },
    configuration: { "12:30:00": ["~", "on", 1, null] },
    environment: { LEVEL: "y", EMPTY: "" },
    hostEnvironment: ["HMAC_KEY"],
    failurePolicy: "FAIL_RELOAD",
  },
};

/** What Envoy Gateway takes is not Istio's to judge. */
const plansOf: Readonly<Record<string, Readonly<Record<string, DeliveryPlan>>>> = {
  envoyfilter: envoyFilterPlans,
  wasmplugin: wasmPluginPlans,
  trafficextension: wasmPluginPlans,
};

describe.skipIf(!isBuilt())(isBuilt() ? "Istio's validators" : "Istio's validators: run npm run istio:build", () => {
  const { istioctl, strictcheck, crds } = filesIn();
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pwk-manifests-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function manifest(text: string): Promise<string> {
    const file = join(folder, "manifest.yaml");
    await writeFile(file, text);
    return file;
  }

  // All of a mode in one file: the validators name the resources that they find something in.
  test.each(Object.entries(plansOf))("take every %s", async (name, plans) => {
    const mode = deliveryModes.find((each) => each.name === name);
    const file = await manifest(toYaml(Object.values(plans).flatMap((plan) => mode?.resources(plan) ?? [])));
    // Both end with an error on a finding, which `run` passes on; to istioctl, a warning is none.
    await run(istioctl, ["validate", "-f", file]);
    await run(strictcheck, [crds, file]);
  });

  test.each([false, true])("take a mirror, in the place of others: %s", async (replaces) => {
    const mirror = { host: "shop-next.prod.svc.cluster.local", port: 80, subset: "v2" };
    const route = { virtualHost: "shop.prod.svc.cluster.local:80", route: "all", percent: 12.5 };
    const plan = { ...smallest, ...route, context: "GATEWAY" as const, mirror, replaces };
    const file = await manifest(toYaml([mirrorFilter(plan)]));
    await run(istioctl, ["validate", "-f", file]);
    await run(strictcheck, [crds, file]);
  });

  test.each([
    ["root_id", "rootid", 'unknown field "rootid"'],
    ["workloadSelector", "selector", "unknown fields [spec.selector]"],
    ["SIDECAR_INBOUND", "INBOUND", "INBOUND"],
    ["v1alpha3", "v1", "networking.istio.io/v1"],
  ])("refuse %s written as %s, so their consent means something", async (right, wrong, reason) => {
    const text = toYaml([envoyFilter(smallest)]);
    const file = await manifest(text.replace(right, wrong));
    await expect(run(strictcheck, [crds, file])).rejects.toMatchObject({
      code: 1,
      stdout: expect.stringContaining(reason),
    });
  });
});
