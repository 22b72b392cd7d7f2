/** Ways of delivery, each seen to filter: what `deliver` writes, before a real istiod, Istio's agent and Envoy. */
import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { ModuleSource } from "@proxy-wasm-kit/deliver";
import type { Variant } from "@proxy-wasm-kit/registry";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DeliveryPod, type DeliveryPodOptions, gatewayTarget, type Outcome, whyNoPod } from "../istio/delivery-pod.ts";
import { marking, modulePath } from "../istio/marking.ts";
import { type ModulePlaces, startModulePlaces } from "../istio/module-places.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const why = isRequired ? undefined : await whyNoPod();
const titled = (title: string) => (why === undefined ? title : `${title} (${why})`);

type Source = (places: ModulePlaces, name: string) => ModuleSource | Promise<ModuleSource> | undefined;

/** By its tag. */
const image =
  (variant: Variant): Source =>
  async (places, name) => {
    await places.push(variant, name);
    return { url: places.imageUrl(name) };
  };

/** A file is one in the proxy's container. */
const sources: Readonly<Record<string, Source>> = {
  "a file": () => undefined,
  "the manifest": () => ({ inline: readFileSync(modulePath) }),
  "http://": (places, name) => ({ url: places.url(name) }),
  "http:// and its digest": (places, name) => ({ url: places.url(name), sha256: places.sha256 }),
  "a compat image": image("compat"),
  "a docker image": image("docker"),
  "an oci image": image("oci"),
  "an image by digest": async (places, name) => {
    const sha256 = await places.push("compat", name);
    return { url: places.imageUrl(name).replace(/:[^:]*$/, `@sha256:${sha256}`) };
  },
  "an image by tag and digest": async (places, name) => {
    const sha256 = await places.push("compat", name);
    return { url: places.imageUrl(name), sha256 };
  },
};
const all = Object.keys(sources);
const notInline = all.filter((source) => source !== "the manifest");

interface Deliveries {
  readonly type: DeliveryPodOptions["type"];
  readonly plan: Parameters<typeof marking>[2];
  /** Sources by mode. */
  readonly by: Readonly<Record<string, readonly string[]>>;
}

const proxies: Readonly<Record<string, Deliveries>> = {
  "a sidecar": {
    type: "sidecar",
    plan: { context: "SIDECAR_INBOUND" },
    by: { envoyfilter: all, wasmplugin: notInline, trafficextension: notInline },
  },
  "a gateway": {
    type: "gateway",
    plan: { context: "GATEWAY" },
    by: {
      envoyfilter: ["a file", "http:// and its digest"],
      wasmplugin: ["a file", "a compat image"],
      trafficextension: ["a compat image"],
    },
  },
  "a gateway by targetRefs": {
    type: "gateway",
    plan: { context: "GATEWAY", selector: "*", targetRefs: [gatewayTarget] },
    by: { envoyfilter: ["a file"], wasmplugin: ["a compat image"], trafficextension: ["a compat image"] },
  },
};

const deliveries = Object.entries(proxies).flatMap(([proxy, { by }]) =>
  Object.entries(by).flatMap(([mode, names]) => names.map((source) => [mode, proxy, source] as const)),
);
const mark = (mode: string, source: string) => `x-${mode}-${Object.keys(sources).indexOf(source)}`;

const ends: (() => Promise<void>)[] = [];
/** By proxy: what has reached the application. */
const seen = new Map<string, Outcome["headers"]>();

// All filters of a proxy are in one chain: one that is not there leaves its mark out.
beforeAll(async () => {
  if (why !== undefined) return;
  const places = await startModulePlaces(await readFile(modulePath));
  ends.unshift(() => places.stop());
  for (const [proxy, { type, plan }] of Object.entries(proxies)) {
    const manifests: object[] = [];
    for (const [mode, , name] of deliveries.filter(([, of]) => of === proxy)) {
      const source = await sources[name]?.(places, mark(mode, name));
      manifests.push(...marking(mode, mark(mode, name), { ...plan, ...(source && { source }) }));
    }
    const pod = await DeliveryPod.start({ type, manifests });
    ends.unshift(() => pod.stop());
    seen.set(proxy, (await pod.request()).headers);
  }
});
afterAll(async () => {
  for (const end of ends) await end();
});

test.skipIf(why !== undefined).each(deliveries)(titled("%s to %s, the module in %s"), (mode, proxy, source) => {
  expect(seen.get(proxy)?.[mark(mode, source)]).toBe("filtered");
});
