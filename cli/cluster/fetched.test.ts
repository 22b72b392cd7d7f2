/** What Envoy told behind an agent that could not fetch, shortened. */
import { expect, test } from "vitest";
import { fetchedNames, unfetchedIn } from "./fetched.ts";
import type { Kubectl } from "./kubectl.ts";

const plugin = (url: string) => ({
  ...{ apiVersion: "extensions.istio.io/v1alpha1", kind: "WasmPlugin", metadata: { name: "tag", namespace: "shop" } },
  spec: { url },
});
const [wasm, rbac] = ["wasm.v3.Wasm", "rbac.v3.RBAC"].map(
  (type) => `type.googleapis.com/envoy.extensions.filters.http.${type}`,
);
const ecds = (name: string, type: string | undefined) => ({
  "@type": "type.googleapis.com/envoy.admin.v3.EcdsConfigDump.EcdsFilterConfig",
  ecds_filter: {
    "@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig",
    name,
    typed_config: { "@type": type },
  },
});

test("a module by its URL may not be fetched, a file cannot", () => {
  expect(fetchedNames(plugin("oci://ghcr.io/me/a:1"))).toContain("extensions.istio.io/wasmplugin/shop.tag");
  expect(fetchedNames(plugin("file:///a.wasm"))).toEqual([]);
  const value = {
    name: "tag",
    typed_config: { config: { vm_config: { code: { remote: { http_uri: { uri: "oci://a" } } } } } },
  };
  const spec = { configPatches: [{ applyTo: "EXTENSION_CONFIG", patch: { operation: "ADD", value } }] };
  expect(fetchedNames({ ...plugin(""), kind: "EnvoyFilter", spec })).toEqual(["tag"]);
});

test("an RBAC filter in its place is a module that was not fetched", async () => {
  const stdout = JSON.stringify({ configs: [ecds("good", wasm), ecds("bad", rbac), ecds("other", rbac)] });
  const kubectl = { run: async () => ({ stdout, warnings: [] }) } as unknown as Kubectl;
  expect(await unfetchedIn(kubectl, { pod: "a", namespace: "b" }, ["good", "bad"])).toEqual(["bad"]);
});
