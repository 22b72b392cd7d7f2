/** What requests get when Istio's agent could not fetch the module: docs/delivery.md promises it. */
import { readFile } from "node:fs/promises";
import type { DeliveryPlan } from "@proxy-wasm-kit/deliver";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fetchedNames, unfetchedIn } from "../../cli/cluster/fetched.ts";
import type { Kubectl } from "../../cli/cluster/kubectl.ts";
import type { LiveObject } from "../../cli/cluster/objects.ts";
import { DeliveryPod, whyNoPod } from "../istio/delivery-pod.ts";
import { marking, modulePath } from "../istio/marking.ts";
import { type ModulePlaces, startModulePlaces } from "../istio/module-places.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const why = isRequired ? undefined : await whyNoPod();
const titled = (title: string) => (why === undefined ? title : `${title} (${why})`);

let places: ModulePlaces;
beforeAll(async () => {
  if (why === undefined) places = await startModulePlaces(await readFile(modulePath));
});
afterAll(() => places?.stop());

const header = "x-filtered";

const manifestsOf = (mode: string, plan: Partial<DeliveryPlan>) =>
  marking(mode, header, { context: "SIDECAR_INBOUND", ...plan });

/** With the one filter in front of the application. */
async function inPod<T>(manifests: readonly object[], use: (pod: DeliveryPod) => Promise<T>): Promise<T> {
  const pod = await DeliveryPod.start({ type: "sidecar", manifests });
  try {
    return await use(pod);
  } finally {
    await pod.stop();
  }
}

async function outcome(pod: DeliveryPod) {
  const { status, headers } = await pod.request();
  return { status, hasPassed: headers !== undefined, isFiltered: headers?.[header] !== undefined };
}

const refused = { status: 403, hasPassed: false, isFiltered: false };
const unfiltered = { status: 200, hasPassed: true, isFiltered: false };
const filtered = { status: 200, hasPassed: true, isFiltered: true };

test.skipIf(why !== undefined).each([
  ["envoyfilter", "FAIL_CLOSED", refused],
  ["envoyfilter", "FAIL_OPEN", unfiltered],
  ["wasmplugin", "FAIL_CLOSED", refused],
  ["wasmplugin", "FAIL_RELOAD", refused],
  ["wasmplugin", "FAIL_OPEN", unfiltered],
] as const)(titled("%s of a module with another digest, %s"), async (mode, failurePolicy, expected) => {
  const source = { url: places.url(header), sha256: "0".repeat(64) };
  expect(await inPod(manifestsOf(mode, { source, failurePolicy }), outcome)).toEqual(expected);
});

test.skipIf(why !== undefined)(titled("an image by the digest of its module is not fetched"), async () => {
  await places.push("compat", "by-module");
  const source = { url: places.imageUrl("by-module"), sha256: places.sha256 };
  expect(await inPod(manifestsOf("wasmplugin", { source }), outcome)).toEqual(refused);
});

test.skipIf(why !== undefined).each(["envoyfilter", "wasmplugin"])(
  titled("%s of an image that comes late is there once the resource has changed"),
  async (mode) => {
    const name = `late-${mode}`;
    const attempt = (times: number) =>
      manifestsOf(mode, { source: { url: places.imageUrl(name) }, environment: { ATTEMPT: `${times}` } });
    await inPod(attempt(1), async (pod) => {
      expect(await outcome(pod)).toEqual(refused);
      await places.push("compat", name);
      expect(await outcome(pod)).toEqual(refused);
      await pod.apply(attempt(2));
      await expect.poll(() => outcome(pod), { timeout: 10_000, interval: 20 }).toEqual(filtered);
    });
  },
);

/** `kubectl exec`, as far as a pod is here: its last argument is what Envoy's admin is asked. */
const kubectlTo = ({ adminUrl }: DeliveryPod) =>
  ({
    run: async (_: string, args: readonly string[]) => ({
      stdout: await (await fetch(`${adminUrl}/${args.at(-1)}`)).text(),
      warnings: [],
    }),
  }) as unknown as Kubectl;

test.skipIf(why !== undefined).each(["envoyfilter", "wasmplugin", "trafficextension"])(
  titled("pwk status sees whether a module was fetched: %s"),
  async (mode) => {
    const seen = (sha256: string) => {
      const manifests = manifestsOf(mode, { source: { url: places.url(header), sha256 } });
      const names = (manifests as readonly LiveObject[]).flatMap(fetchedNames);
      return inPod(manifests, async (pod) => {
        await outcome(pod);
        return (await unfetchedIn(kubectlTo(pod), { pod: "a", namespace: "b" }, names)).length;
      });
    };
    expect(await seen("0".repeat(64))).toBe(1);
    expect(await seen(places.sha256)).toBe(0);
  },
);
