/** What istiod answered on the bench, shortened. */
import { expect, test } from "vitest";
import type { Exchange } from "./istiod.ts";
import type { LiveObject } from "./objects.ts";
import { seenIn } from "./proxy-state.ts";

const wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
const uuid = "87d141d9-34c0-4dba-80e6-b2027d994be6";
const version = "2026-11-21T18:58:25Z/6";
const acked: Exchange = { sent: `${version}${uuid}`, acked: `${version}${uuid}`, lastError: "" };

const envoyFilter = (root: string, context = "SIDECAR_INBOUND"): LiveObject => ({
  ...{ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", metadata: { name: "tag", namespace: "shop" } },
  spec: {
    configPatches: [
      {
        applyTo: "HTTP_FILTER",
        match: { context },
        patch: {
          operation: "INSERT_BEFORE",
          value: { name: "tag", typed_config: { "@type": wasm, config: { root_id: root } } },
        },
      },
    ],
  },
});

const listeners = (...httpFilters: object[]) => ({
  version,
  configs: [
    {
      dynamicListeners: [
        { activeState: { listener: { filterChains: [{ filters: [{ typedConfig: { httpFilters } }] }] } } },
      ],
    },
  ],
});
const tag = { name: "tag", typedConfig: { "@type": wasm, config: { rootId: "a" } } };

test("a filter that is sent and acknowledged is there, whatever form its fields are written in", () => {
  expect(seenIn(envoyFilter("a"), "sidecar", listeners(tag), { Listener: acked })).toMatchObject({
    ...{ found: "same", answer: "acked", isCertain: true },
  });
});

test("another configuration is another version, and nothing is none", () => {
  expect(seenIn(envoyFilter("b"), "sidecar", listeners(tag), { Listener: acked })?.found).toBe("other");
  expect(seenIn(envoyFilter("b"), "sidecar", listeners(), { Listener: acked })?.found).toBe("none");
});

test("what was acknowledged before may not be what is sent now", () => {
  const older = { ...acked, sent: `2026-11-21T18:58:20Z/5${uuid}`, acked: `2026-11-21T18:58:20Z/5${uuid}` };
  expect(seenIn(envoyFilter("a"), "sidecar", listeners(tag), { Listener: older })?.isCertain).toBe(false);
  const pending = { ...acked, acked: older.acked };
  expect(seenIn(envoyFilter("a"), "sidecar", listeners(tag), { Listener: pending })?.answer).toBe("pending");
});

test("a refusal has the proxy's words", () => {
  const refused = { ...acked, acked: "", lastError: "Invalid path: /no/such.wasm" };
  expect(seenIn(envoyFilter("a"), "sidecar", listeners(tag), { Listener: refused })).toMatchObject({
    ...{ answer: "refused", words: "Invalid path: /no/such.wasm" },
  });
});

test("a patch for gateways is not for a sidecar", () => {
  expect(seenIn(envoyFilter("a", "GATEWAY"), "sidecar", listeners(), { Listener: acked })).toBeNull();
  expect(seenIn(envoyFilter("a", "GATEWAY"), "router", listeners(tag), { Listener: acked })?.found).toBe("same");
});

const plugin = (resourceVersion: string): LiveObject => ({
  ...{ apiVersion: "extensions.istio.io/v1alpha1", kind: "WasmPlugin" },
  metadata: { name: "tag", namespace: "shop", resourceVersion },
  spec: { url: "oci://ghcr.io/me/a:1", pluginConfig: { a: 1 } },
});

const ecds = (name: string, resourceVersion: string, uri: string) => ({
  ...{ name, rootId: "a", configuration: { value: '{"a":1}' } },
  vmConfig: {
    code: { remote: { httpUri: { uri } } },
    environmentVariables: { keyValues: { ISTIO_META_WASM_PLUGIN_RESOURCE_VERSION: resourceVersion } },
  },
});

test.each([
  ["extensions.istio.io/wasmplugin/shop.tag", "shop.tag"],
  ["extensions.istio.io/trafficextension/shop.tag~istio-translated-wasmplugin", "shop.tag~istio-translated-wasmplugin"],
])("a WasmPlugin is found as %s, by its version or by what it says", (filter, config) => {
  const found = (resourceVersion: string, uri: string) => {
    const { configs } = listeners({ name: filter, configDiscovery: {} });
    const sent = { version, configs: [...configs, ecds(config, resourceVersion, uri)] };
    return seenIn(plugin("8"), "sidecar", sent, { Listener: acked, TypedExtensionConfig: acked })?.found;
  };
  expect(found("8", "oci://ghcr.io/me/b:1")).toBe("same");
  expect(found("7", "oci://ghcr.io/me/a:1")).toBe("same");
  expect(found("7", "oci://ghcr.io/me/b:1")).toBe("other");
});
