/** What `deliver` makes for Envoy Gateway, before that project's own CRD with its CEL rules. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type DeliveryPlan, envoyExtensionPolicy, toYaml } from "@proxy-wasm-kit/deliver";
import { envoyGateway, filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && !isBuilt();

const image = "oci://ghcr.io/me/a1";
const sha256 = "a".repeat(64);
const gateway = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "edge" };
const smallest: DeliveryPlan = {
  ...{ name: "a", namespace: "prod", context: "GATEWAY", selector: "*" },
  ...{ targetRefs: [gateway], source: { url: `${image}:1.0` } },
};

const plans: Readonly<Record<string, DeliveryPlan>> = {
  "an image": smallest,
  "an image by tag and digest": { ...smallest, source: { url: `${image}:1.0`, sha256 } },
  "an image by its digest alone": { ...smallest, source: { url: `${image}@sha256:${sha256}` } },
  "a module behind https": { ...smallest, source: { url: "https://host/a.wasm", sha256 } },
  routes: { ...smallest, targetRefs: ["HTTPRoute", "GRPCRoute"].map((kind) => ({ ...gateway, kind })) },
  everything: {
    ...smallest,
    rootId: "no",
    source: { url: "oci://host:5000/me/a1:1", sha256, pullPolicy: "Always", pullSecret: "regcred" },
    configuration: { "12:30:00": ["~", "on", 1, null] },
    hostEnvironment: ["HMAC_KEY"],
    failurePolicy: "FAIL_OPEN",
  },
};

const title = `the CRD of ${envoyGateway.module}`;
describe.skipIf(isAbsent)(isAbsent ? `${title}: run npm run istio:build` : title, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pwk-extension-policy-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** Throws what is wrong; that it is no kind of Istio's does not matter. */
  async function check(text: string): Promise<void> {
    const file = join(folder, "manifest.yaml");
    await writeFile(file, text);
    const { strictcheck, extensionPolicyCrd } = filesIn();
    await promisify(execFile)(strictcheck, [extensionPolicyCrd, file]);
  }

  test.each(Object.entries(plans))("takes %s", async (_, plan) => {
    await check(toYaml([envoyExtensionPolicy(plan)]));
  });

  test.each([
    ["an unknown field", "rootID", "rootid", "unknown fields [spec.wasm[0].rootid]"],
    ["a target of another kind", "kind: Gateway", "kind: Service", "can only have a targetRefs[*].kind of Gateway"],
    ["another kind of code than it says", "type: Image", "type: HTTP", "spec.wasm[0].code"],
  ])("refuses %s, so its consent means something", async (_, right, wrong, reason) => {
    const text = toYaml([envoyExtensionPolicy(smallest)]).replace(right, wrong);
    await expect(check(text)).rejects.toMatchObject({ code: 1, stdout: expect.stringContaining(reason) });
  });
});
