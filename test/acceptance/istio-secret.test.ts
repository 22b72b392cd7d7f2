/**
 * Keys that stand in no manifest: what Kubernetes puts into the environment of the proxy's container out of a Secret, Istio's agent
 * hands on to Envoy, and Envoy to the filter. That the container gets it: test/istio/injector.test.ts.
 */
import { createHmac, randomBytes } from "node:crypto";
import { resolve } from "node:path";
import { envoyFilter, toYaml } from "@proxy-wasm-kit/deliver";
import { afterEach, expect, test } from "vitest";
import { DeliveryPod, whyNoPod } from "../istio/delivery-pod.ts";
import { workload } from "../istio/workload.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const why = isRequired ? undefined : await whyNoPod();

const newKey = () => randomBytes(24).toString("hex");
const body = "the body";

/** hmac-auth with keys by the names of their variables, newest first. */
const manifestOf = (type: "sidecar" | "gateway", names: readonly string[]) =>
  envoyFilter({
    ...{ name: "hmac-auth", namespace: workload.namespace, selector: workload.labels },
    context: type === "sidecar" ? "SIDECAR_INBOUND" : "GATEWAY",
    modulePath: resolve("dist/hmac-auth.wasm"),
    hostEnvironment: names,
    configuration: { rules: [{ scheme: "github", keys: names.map((name) => ({ id: name, env: name })) }] },
  });

let pod: DeliveryPod | undefined;
afterEach(async () => {
  await pod?.stop();
  pod = undefined;
});

async function statusWith(key: string): Promise<number | undefined> {
  const signature = createHmac("sha256", key).update(body).digest("hex");
  const headers = { "x-hub-signature-256": `sha256=${signature}`, "content-length": `${body.length}` };
  return (await pod?.request({ method: "POST", headers, body }))?.status;
}

// No suite, as the reporter names the engine after one.
const runs = test.skipIf(why !== undefined);

runs.each(["sidecar", "gateway"] as const)(
  "a key of a Secret reaches the filter in a %s, and is in no manifest and no dump",
  async (type) => {
    const key = newKey();
    const manifest = manifestOf(type, ["HMAC_KEY"]);
    pod = await DeliveryPod.start({ type, manifests: [manifest], variables: { HMAC_KEY: key } });
    expect([await statusWith(key), await statusWith(newKey())]).toEqual([200, 401]);
    expect(toYaml([manifest])).not.toContain(key);
    const dump = await fetch(`${pod.adminUrl}/config_dump`).then((answer) => answer.text());
    expect(dump).toContain("HMAC_KEY");
    expect(dump).not.toContain(key);
  },
);

runs.each([
  ["another", newKey()],
  ["itself, as before a first change", undefined],
])("a key of a Secret is good beside %s", async (_, other) => {
  const key = newKey();
  const before = other ?? key;
  const manifests = [manifestOf("sidecar", ["HMAC_KEY", "HMAC_KEY_BEFORE"])];
  pod = await DeliveryPod.start({
    ...{ type: "sidecar", manifests },
    variables: { HMAC_KEY: key, HMAC_KEY_BEFORE: before },
  });
  expect([await statusWith(key), await statusWith(before), await statusWith(newKey())]).toEqual([200, 200, 401]);
});

runs(
  "a key of a Secret that is missing makes Envoy refuse the listener, and the filter's log say where it is named",
  async () => {
    const started = DeliveryPod.start({ type: "sidecar", manifests: [manifestOf("sidecar", ["HMAC_KEY"])] });
    await expect(started).rejects.toThrow(
      /keys\/0\/env \(line \d+\): expected a variable of the proxy's environment, found one that is not set/,
    );
  },
);
