/** What is right is left alone. */
import { describe, expect, test } from "vitest";
import {
  type Any,
  configMap,
  configOf,
  deployment,
  discovered,
  envoyFilter,
  extensionPolicy,
  filterOf,
  filterValueOf,
  findings,
  patchOf,
  sha,
  telemetry,
  text,
  trafficExtension,
  wasmPlugin,
} from "./test/objects.ts";

describe("what is right is left alone", () => {
  const hmac = (change: (object: Any) => unknown = () => {}): Any => {
    const object = envoyFilter();
    const config = configOf(object);
    config.name = config.root_id = filterValueOf(object).name = "hmac-auth";
    config.allow_on_headers_stop_iteration = true;
    config.configuration = text('{"signing_key_env": "HMAC_KEY", "signature_header": "x-sig"}');
    config.vm_config.environment_variables = { host_env_keys: ["HMAC_KEY"] };
    config.vm_config.code.local.filename = "/wasm/hmac-auth.wasm";
    change(object);
    return object;
  };
  const edited = (make: () => Any, change: (object: Any) => unknown) => () => {
    const object = make();
    change(object);
    return [object];
  };
  test.each<[string, () => readonly Any[]]>([
    ["an EnvoyFilter", () => [envoyFilter()]],
    ["one with its configuration apart", () => [discovered()]],
    ["one without a digest", edited(discovered, (o) => void delete configOf(o).vm_config.code.remote.sha256)],
    [
      "names in camel case",
      edited(envoyFilter, (o) => {
        const config = configOf(o);
        config.rootId = config.root_id;
        config.vmConfig = config.vm_config;
        delete config.root_id;
        delete config.vm_config;
      }),
    ],
    [
      "on a gateway",
      edited(envoyFilter, (o) => {
        o.spec.workloadSelector.labels = { istio: "ingressgateway" };
        patchOf(o).match.context = "GATEWAY";
      }),
    ],
    [
      "on a gateway of another name",
      edited(envoyFilter, (o) => {
        o.spec.workloadSelector.labels = { app: "edge-gateway" };
        patchOf(o).match.context = "GATEWAY";
      }),
    ],
    [
      "in the sidecar of a service that is a gateway",
      edited(envoyFilter, (o) => (o.spec.workloadSelector.labels.app = "api-gateway")),
    ],
    [
      "on a gateway of the Gateway API",
      edited(envoyFilter, (o) => {
        delete o.spec.workloadSelector;
        o.spec.targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "eg" }];
        patchOf(o).match.context = "GATEWAY";
      }),
    ],
    ["before Istio's own filter", edited(envoyFilter, (o) => (filterOf(o).subFilter.name = "istio.stats"))],
    [
      "behind a WasmPlugin",
      edited(envoyFilter, (o) => {
        patchOf(o).patch.operation = "INSERT_AFTER";
        filterOf(o).subFilter.name = "extensions.istio.io/trafficextension/prod.a~istio-translated-wasmplugin";
      }),
    ],
    [
      "first of all",
      edited(envoyFilter, (o) => {
        patchOf(o).patch.operation = "INSERT_FIRST";
        delete filterOf(o).subFilter;
      }),
    ],
    [
      "before a filter of another object",
      () => {
        const [first, second] = [envoyFilter(), envoyFilter()];
        second.metadata.name = "second";
        filterValueOf(first).name = "the-first";
        filterOf(second).subFilter.name = "the-first";
        return [first, second];
      },
    ],
    [
      "a Struct as configuration",
      edited(envoyFilter, (o) => {
        const value = { attributes: [{ output_attribute: "a", default: "b" }] };
        configOf(o).configuration = { "@type": "type.googleapis.com/google.protobuf.Struct", value };
      }),
    ],
    [
      "a TypedStruct",
      edited(envoyFilter, (o) => {
        const { "@type": type_url, ...value } = filterValueOf(o).typed_config;
        filterValueOf(o).typed_config = { "@type": "type.googleapis.com/udpa.type.v1.TypedStruct", type_url, value };
      }),
    ],
    ["a key from the proxy's environment", () => [hmac()]],
    ["a WasmPlugin", () => [wasmPlugin()]],
    ["one whose image has no scheme", edited(wasmPlugin, (o) => (o.spec.url = "ghcr.io/filters/attribute-gen:1.0"))],
    [
      "one from a file",
      edited(wasmPlugin, (o) => {
        o.spec.url = "file:///wasm/attribute-gen.wasm";
        delete o.spec.sha256;
      }),
    ],
    [
      "one from a server, asked again",
      edited(wasmPlugin, (o) => {
        o.spec.url = "https://files.example/attribute-gen.wasm";
        o.spec.imagePullPolicy = "Always";
        delete o.spec.imagePullSecret;
        delete o.spec.sha256;
      }),
    ],
    [
      "one with the image's digest",
      edited(wasmPlugin, (o) => (o.spec.url = `oci://registry.example/filters/attribute-gen@sha256:${sha}`)),
    ],
    [
      "one for a waypoint",
      edited(wasmPlugin, (o) => {
        delete o.spec.selector;
        o.spec.targetRefs = [{ group: "", kind: "Service", name: "shop" }];
      }),
    ],
    ["a TrafficExtension", () => [trafficExtension()]],
    ["a Telemetry", () => [telemetry()]],
    ["a policy of Envoy Gateway", () => [extensionPolicy()]],
    [
      "one whose defaults fit its rules",
      edited(extensionPolicy, (o) => (o.spec.extProc = [{ backendRefs: [{ name: "processor", port: 9000 }] }])),
    ],
    ["a config map, its workload and its filter", () => [configMap(), deployment(), envoyFilter()]],
    [
      "a port that only a service knows",
      () =>
        [
          configMap(),
          deployment(),
          edited(envoyFilter, (o) => (patchOf(o).match.listener.portNumber = 9090))(),
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "httpbin", namespace: "prod" },
            spec: { selector: { app: "httpbin" }, ports: [{ port: 80, targetPort: 9090 }] },
          },
        ].flat(),
    ],
    [
      "the same as one list",
      () => [{ apiVersion: "v1", kind: "List", items: [configMap(), deployment(), envoyFilter()] }],
    ],
    [
      "objects of others",
      () => [{ apiVersion: "v1", kind: "Service", metadata: { name: "a" }, spec: { ports: [{ port: 80 }] } }],
    ],
  ])("%s", async (_name, objects) => {
    expect(await findings(objects())).toEqual([]);
  });
});
