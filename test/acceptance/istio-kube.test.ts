/** What is applied to a real Kubernetes API server filters: istiod follows it, and the Envoys of its pods. */
import { resolve } from "node:path";
import { type DeliveryPlan, deliveryModes } from "@proxy-wasm-kit/deliver";
import { listenerRefusal } from "@proxy-wasm-kit/istio";
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
  configuration: tagging(header, value),
  ...changes,
});

const tagging = (name: string, value: string) => ({
  attributes: [{ output_attribute: "a", phase: "ON_REQUEST", default: value, request_header: name }],
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

/** What the server makes of a manifest of ours, as `kubectl apply --dry-run=server` shows it. */
async function judged(object: object): Promise<{ readonly verdict: string; readonly words: string }> {
  const { code, stdout, stderr } = await bench.kubectl.dryRun(object);
  return { verdict: code === 0 ? "accepted" : "refused", words: `${stdout}${stderr}` };
}

const contexts = { SIDECAR_INBOUND: plan("a"), GATEWAY: plan("a", { context: "GATEWAY", selector: "*" }) };
const generated = ["envoyfilter", "wasmplugin", "trafficextension"].flatMap((mode) =>
  Object.entries(contexts).map(([context, of]) => [mode, context, of] as const),
);

test.each(generated)("kubernetes: our %s for %s is accepted", async (mode, _, of) => {
  const [object = {}] = manifests(mode, of);
  const { verdict, words } = await judged(object);
  expect(verdict, words).toBe("accepted");
  // Istio has this one for every EnvoyFilter.
  const warnings = words.split("\n").filter((line) => line.startsWith("Warning: "));
  expect(warnings.filter((line) => !line.includes("exposes internal implementation details"))).toEqual([]);
});

const webhook = 'admission webhook "rev.validation.istio.io" denied the request';
const targetRef = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "edge" };

interface Mistake {
  readonly what: string;
  readonly mode: string;
  /** In the manifest as JSON, and what is there instead. */
  readonly from: string | RegExp;
  readonly to: string;
  /** Default: "refused". */
  readonly verdict?: string;
  readonly words: string;
}

const mistakes: readonly Mistake[] = [
  {
    ...{ what: "an unknown field", mode: "envoyfilter", from: '"labels":', to: '"label":' },
    words: 'unknown field "spec.workloadSelector.label"',
  },
  {
    ...{ what: "an unknown context", mode: "envoyfilter", from: '"SIDECAR_INBOUND"', to: '"SIDECARS_INBOUND"' },
    words: 'Unsupported value: "SIDECARS_INBOUND"',
  },
  {
    ...{ what: "another version", mode: "envoyfilter", from: "istio.io/v1alpha3", to: "istio.io/v1" },
    words: 'no matches for kind "EnvoyFilter"',
  },
  {
    ...{ what: "a second selector", mode: "envoyfilter", from: '"configPatches":' },
    to: `"targetRefs":[${JSON.stringify(targetRef)}],"configPatches":`,
    words: "only one of targetRefs or workloadSelector can be set",
  },
  {
    ...{ what: "an unknown type", mode: "envoyfilter", from: "wasm.v3.Wasm", to: "wasm.v3.Wasp" },
    words: webhook,
  },
  {
    ...{ what: "a configuration without a type", mode: "envoyfilter" },
    ...{ from: /"configuration":\{"@type":"[^"]*",/, to: '"configuration":{' },
    words: webhook,
  },
  {
    ...{ what: "an unknown scheme", mode: "wasmplugin", from: "file://", to: "ftp://" },
    words: "url must have schema one of",
  },
  {
    ...{ what: "a digest that is none", mode: "wasmplugin", from: '"pluginName":', to: '"sha256":"abc","pluginName":' },
    words: "spec.sha256",
  },
  {
    ...{ what: "an unknown field of Envoy's", mode: "envoyfilter", from: '"root_id":', to: '"rootid":' },
    ...{ verdict: "accepted", words: 'unknown field "rootid" in envoy.extensions.wasm.v3.PluginConfig' },
  },
];

const told = mistakes.map((mistake) => [mistake.what, mistake.mode, mistake] as const);

test.each(told)("kubernetes: %s in our %s is told before it is applied", async (_what, _mode, mistake) => {
  const text = JSON.stringify(manifests(mistake.mode, plan("a"))[0]);
  const mistaken = text.replace(mistake.from, mistake.to);
  expect(mistaken).not.toBe(text);
  const { verdict, words } = await judged(JSON.parse(mistaken));
  expect(words).toContain(mistake.words);
  expect(verdict).toBe(mistake.verdict ?? "refused");
});

/** What nobody but Envoy can know. */
test("kubernetes: a filter before one that is not there is accepted, and is nowhere", async () => {
  const astray = { name: "lost", before: "no.such.filter", configuration: tagging("x-lost", "lost") };
  const lost = manifests("envoyfilter", plan("lost", astray));
  await bench.kubectl.apply(...lost);
  await bench.kubectl.apply(...manifests("envoyfilter", plan("found")));
  // Istiod learns of both in their order.
  await becomes(sidecar, "found");
  expect(await refusalOf(sidecar)).toBeNull();
  await sidecar.get();
  expect(sidecar.application.take()[0]?.headers).not.toHaveProperty("x-lost");
  await bench.kubectl.delete(...lost, ...manifests("envoyfilter", plan("found")));
});

test("kubernetes: a module that is not there is accepted, refused by Envoy, and what was there stays", async () => {
  await bench.kubectl.apply(...manifests("envoyfilter", plan("kept")));
  await becomes(sidecar, "kept");
  const absent = manifests("envoyfilter", plan("never", { modulePath: "/no/such.wasm" }));
  await bench.kubectl.apply(...absent);
  await expect.poll(() => refusalOf(sidecar), { timeout: patienceMs }).toContain("/no/such.wasm");
  await becomes(sidecar, "kept");
  await bench.kubectl.delete(...absent);
  await becomes(sidecar, undefined);
});

const refusalOf = ({ envoy, port }: ProxyPod) => listenerRefusal(envoy, { port, kind: "http", filters: [] });
