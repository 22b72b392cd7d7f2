/** What requests get when Istio's agent could not fetch the module: docs/delivery.md promises it. */
import { readFile } from "node:fs/promises";
import type { DeliveryPlan } from "@proxy-wasm-kit/deliver";
import { afterAll, beforeAll, expect, test } from "vitest";
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

/** Sends a request to a pod with the one filter. */
async function outcome(mode: string, plan: Pick<DeliveryPlan, "source" | "failurePolicy">) {
  const pod = await DeliveryPod.start({
    type: "sidecar",
    manifests: marking(mode, header, { context: "SIDECAR_INBOUND", ...plan }),
  });
  try {
    const { status, headers } = await pod.request();
    return { status, reached: headers !== undefined, filtered: headers?.[header] !== undefined };
  } finally {
    await pod.stop();
  }
}

const refused = { status: 403, reached: false, filtered: false };
const passed = { status: 200, reached: true, filtered: false };

test.skipIf(why !== undefined).each([
  ["envoyfilter", "FAIL_CLOSED", refused],
  ["envoyfilter", "FAIL_OPEN", passed],
  ["wasmplugin", "FAIL_CLOSED", refused],
  ["wasmplugin", "FAIL_RELOAD", refused],
  ["wasmplugin", "FAIL_OPEN", passed],
] as const)(titled("%s of a module with another digest, %s"), async (mode, failurePolicy, expected) => {
  const source = { url: places.url(header), sha256: "0".repeat(64) };
  expect(await outcome(mode, { source, failurePolicy })).toEqual(expected);
});

test.skipIf(why !== undefined)(titled("an image with the digest of its module refuses requests"), async () => {
  const { repository, sha256 } = await places.push("compat", header);
  const right = await outcome("wasmplugin", { source: { url: `${repository}:1.0`, sha256 } });
  expect(right).toEqual({ status: 200, reached: true, filtered: true });
  const wrong = await outcome("wasmplugin", { source: { url: `${repository}:1.0`, sha256: places.sha256 } });
  expect(wrong).toEqual(refused);
});
