/** What every target makes of a module that is fetched. */
import { describe, expect, test } from "vitest";
import { type DeliveryPlan, deliveryModes, envoyFilter, readFilterMetadata, toYaml } from "../index.ts";

const gateway = { group: "gateway.networking.k8s.io", kind: "Gateway", name: "eg" };
const plan: DeliveryPlan = {
  ...{ name: "shadow-host", namespace: "prod", selector: { app: "shop" }, context: "SIDECAR_INBOUND" },
  source: { url: "oci://ghcr.io/me/shadow-host:1.0", sha256: "ab".repeat(32) },
  configuration: { unmapped: "refuse" },
  hostEnvironment: ["POD_NAME"],
};

function mode(name: string) {
  const found = deliveryModes.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no mode ${name}`);
  return found;
}
const yaml = (name: string, changes: Partial<DeliveryPlan> = {}) =>
  toYaml(mode(name).resources({ ...plan, ...changes }));
const specOf = (name: string, changes: Partial<DeliveryPlan> = {}): unknown =>
  (mode(name).resources({ ...plan, ...changes })[0] as unknown as { spec: unknown }).spec;

test("an EnvoyFilter has the configuration apart, where Istio's agent sees it", () => {
  expect(yaml("envoyfilter")).toMatchInlineSnapshot(`
    "apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata:
      name: shadow-host
      namespace: prod
    spec:
      workloadSelector:
        labels:
          app: shop
      configPatches:
      - applyTo: EXTENSION_CONFIG
        match:
          context: SIDECAR_INBOUND
        patch:
          operation: ADD
          value:
            name: shadow-host
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                name: shadow-host
                root_id: shadow-host
                failure_policy: FAIL_CLOSED
                allow_on_headers_stop_iteration: true
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: |-
                    {
                      "unmapped": "refuse"
                    }
                vm_config:
                  runtime: envoy.wasm.runtime.v8
                  code:
                    remote:
                      http_uri:
                        uri: "oci://ghcr.io/me/shadow-host:1.0"
                        timeout: "30s"
                        cluster: _
                      sha256: abababababababababababababababababababababababababababababababab
                  environment_variables:
                    host_env_keys:
                    - POD_NAME
      - applyTo: HTTP_FILTER
        match:
          context: SIDECAR_INBOUND
          listener:
            filterChain:
              filter:
                name: envoy.filters.network.http_connection_manager
                subFilter:
                  name: envoy.filters.http.router
        patch:
          operation: INSERT_BEFORE
          value:
            name: shadow-host
            config_discovery:
              config_source:
                ads: {}
                initial_fetch_timeout: "0s"
                resource_api_version: V3
              type_urls:
              - type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              - type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC
    "
  `);
});

// There Envoy itself would fetch it: not oci://, and not without a cluster and a digest.
test("an EnvoyFilter with the url in the filter's own configuration is refused", () => {
  expect(() => envoyFilter(plan)).toThrow("manifest: /source: the module has a url, which discoveredFilter delivers");
});

test("a WasmPlugin reads like this", () => {
  expect(yaml("wasmplugin", { phase: "AUTHN", priority: 10, port: 8080 })).toMatchInlineSnapshot(`
    "apiVersion: extensions.istio.io/v1alpha1
    kind: WasmPlugin
    metadata:
      name: shadow-host
      namespace: prod
    spec:
      selector:
        matchLabels:
          app: shop
      phase: AUTHN
      priority: 10
      match:
      - mode: SERVER
        ports:
        - number: 8080
      url: "oci://ghcr.io/me/shadow-host:1.0"
      sha256: abababababababababababababababababababababababababababababababab
      pluginName: shadow-host
      failStrategy: FAIL_CLOSE
      pluginConfig:
        unmapped: refuse
      vmConfig:
        env:
        - name: POD_NAME
          valueFrom: HOST
      type: HTTP
    "
  `);
});

test("a TrafficExtension has the same under wasm", () => {
  expect(yaml("trafficextension")).toMatchInlineSnapshot(`
    "apiVersion: extensions.istio.io/v1alpha1
    kind: TrafficExtension
    metadata:
      name: shadow-host
      namespace: prod
    spec:
      selector:
        matchLabels:
          app: shop
      match:
      - mode: SERVER
      wasm:
        url: "oci://ghcr.io/me/shadow-host:1.0"
        sha256: abababababababababababababababababababababababababababababababab
        pluginName: shadow-host
        failStrategy: FAIL_CLOSE
        pluginConfig:
          unmapped: refuse
        vmConfig:
          env:
          - name: POD_NAME
            valueFrom: HOST
        type: HTTP
    "
  `);
});

test("an EnvoyExtensionPolicy reads like this", () => {
  expect(yaml("extensionpolicy", { selector: "*", targetRefs: [gateway] })).toMatchInlineSnapshot(`
    "apiVersion: gateway.envoyproxy.io/v1alpha1
    kind: EnvoyExtensionPolicy
    metadata:
      name: shadow-host
      namespace: prod
    spec:
      targetRefs:
      - group: gateway.networking.k8s.io
        kind: Gateway
        name: eg
      wasm:
      - name: shadow-host
        rootID: shadow-host
        code:
          type: Image
          image:
            url: "ghcr.io/me/shadow-host:1.0"
            sha256: abababababababababababababababababababababababababababababababab
        config:
          unmapped: refuse
        failOpen: false
        env:
          hostKeys:
          - POD_NAME
    "
  `);
});

test("a WasmPlugin can have a file, and is for all sides of a gateway", () => {
  const { source: _, ...local } = plan;
  const [resource] = mode("wasmplugin").resources({ ...local, context: "GATEWAY", failurePolicy: "FAIL_RELOAD" });
  expect(resource).toMatchObject({
    spec: { url: "file:///var/local/wasm/shadow-host.wasm", failStrategy: "FAIL_RELOAD" },
  });
  expect(resource).not.toHaveProperty("spec.match");
});

test("a waypoint is named by targetRefs, and not by labels", () => {
  const waypoint = { selector: "*" as const, targetRefs: [{ group: "", kind: "Service", name: "shop" }] };
  for (const name of ["wasmplugin", "trafficextension"]) {
    expect(specOf(name, waypoint)).toMatchObject({ targetRefs: waypoint.targetRefs });
    expect(() => specOf(name, { targetRefs: waypoint.targetRefs })).toThrow(
      "manifest: /selector: expected none beside targetRefs, found one; leave one of them away",
    );
  }
});

test("an EnvoyFilter can be for a Gateway, and on no other side than a gateway's", () => {
  const onGateway = { selector: "*" as const, targetRefs: [gateway] };
  expect(specOf("envoyfilter", { ...onGateway, context: "GATEWAY" })).toMatchObject({ targetRefs: [gateway] });
  expect(() => specOf("envoyfilter", onGateway)).toThrow(
    "/context: expected GATEWAY beside targetRefs, found SIDECAR_",
  );
});

test("secrets, policies and variables stand where each target has them", () => {
  const source = { url: "oci://ghcr.io/me/a1:1", pullPolicy: "Always", pullSecret: "regcred" } as const;
  expect(specOf("wasmplugin", { source, environment: { LEVEL: "y" } })).toMatchObject({
    imagePullPolicy: "Always",
    imagePullSecret: "regcred",
    vmConfig: {
      env: [
        { name: "LEVEL", value: "y" },
        { name: "POD_NAME", valueFrom: "HOST" },
      ],
    },
  });
  expect(specOf("extensionpolicy", { source, selector: "*", targetRefs: [gateway] })).toMatchObject({
    wasm: [{ code: { pullPolicy: "Always", image: { pullSecretRef: { kind: "Secret", name: "regcred" } } } }],
  });
  expect(() => specOf("envoyfilter", { source })).toThrow("give the agent a DOCKER_CONFIG instead");
});

describe("what a target cannot say is refused, with the way out", () => {
  test.each<[string, Partial<DeliveryPlan>, string]>([
    ["wasmplugin", { allowOnHeadersStopIteration: true }, "/allowOnHeadersStopIteration: a WasmPlugin or"],
    ["wasmplugin", { before: "istio.stats" }, "/before: is for EnvoyFilter; phase and priority say the order here"],
    ["wasmplugin", { after: "istio.stats" }, "/after: is for EnvoyFilter; phase and priority say the order here"],
    ["wasmplugin", { source: { inline: Uint8Array.of(0) } }, "/source: expected a url or a file, found a module in"],
    ["wasmplugin", { configuration: "secret" }, "/configuration: expected an object, as this target takes no text"],
    ["wasmplugin", { configuration: { a: [2 ** 60] } }, "/configuration/a/0: expected a number of at most 53 bits"],
    [
      "envoyfilter",
      { phase: "AUTHN" },
      "/phase: is for WasmPlugin and TrafficExtension; an EnvoyFilter has before and after",
    ],
    ["extensionpolicy", {}, "/selector: is for Istio; Envoy Gateway wants targetRefs"],
    ["extensionpolicy", { selector: "*" }, "/targetRefs: expected at least one, such as a Gateway, found []"],
    [
      "wasmplugin",
      { selector: "*", targetRefs: [{ ...gateway, kind: "HTTPRoute" }] },
      '/targetRefs/0/kind: expected one of Gateway, Service, ServiceEntry, found "HTTPRoute"',
    ],
    [
      "extensionpolicy",
      { selector: "*", targetRefs: [{ ...gateway, group: "" }] },
      '/targetRefs/0/group: expected "gateway.networking.k8s.io", found ""',
    ],
    ["extensionpolicy", { environment: { A: "secret" } }, "/environment: Envoy Gateway gives variables of the proxy's"],
  ])("%s: %j", (name, changes, message) => {
    const make = () => mode(name).resources({ ...plan, ...changes });
    expect(make).toThrow(`manifest: ${message}`);
    expect(make).not.toThrow("secret");
  });

  test("a filter that needs it says so in its metadata, and which configuration does without", () => {
    const needs = [{ feature: "allow_on_headers_stop_iteration", unless: { hold: "body" } }];
    const filter = readFilterMetadata({ name: "hmac-auth", root_id: "root", phase: "AUTHN", needs }, "filter.yaml");
    expect(() => specOf("wasmplugin", { name: "hmac-auth", filter })).toThrow(
      /^manifest: \/filter: hmac-auth needs allow_on_headers_stop_iteration: .*use an EnvoyFilter.*; or give it a configuration with "hold: body"$/,
    );
    expect(specOf("wasmplugin", { filter, configuration: { hold: "body" } })).toMatchObject({
      pluginName: "root",
      phase: "AUTHN",
    });
    expect(specOf("envoyfilter", { filter })).toBeDefined();
  });
});

describe("a url is refused where Istio would drop the filter in silence, or fail later", () => {
  test.each([
    ["ghcr.io/me/a:1", "expected oci://, https:// or http://, found none of them"],
    ["ftp://host/a.wasm", "expected oci://, https:// or http://, found ftp://"],
    ["https://me:hunter2@host/a.wasm", "expected no user or password before the host"],
    ["oci://ghcr.io/me/a1", 'expected a tag (:1.0) or a digest (@sha256:...), found "oci://ghcr.io/me/a1"'],
    ["oci://ghcr.io/me/A1:1", "expected oci://host/repository:tag or"],
    ["https://host /a?token=hunter2", "expected a URL without blanks, found something else"],
  ])("%s", (url, message) => {
    const make = () => specOf("wasmplugin", { source: { url } });
    expect(make).toThrow(`manifest: /source/url: ${message}`);
    expect(make).not.toThrow("hunter2");
  });

  test("a digest is of 64 digits, and one with that in the reference", () => {
    const make = (source: object) => () =>
      specOf("wasmplugin", { source: { url: "oci://ghcr.io/me/a1:1", ...source } });
    expect(make({ sha256: `sha256:${"a".repeat(64)}` })).toThrow(
      "/source/sha256: expected 64 hex digits in lower case",
    );
    const url = `oci://ghcr.io/me/a1@sha256:${"a".repeat(64)}`;
    expect(make({ url, sha256: "a".repeat(64) })).not.toThrow();
    expect(make({ url, sha256: "b".repeat(64) })).toThrow("expected the digest of the image, as in the url");
  });
});
