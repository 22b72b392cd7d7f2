/** Manifests that are right, for tests to change, and what `checkManifests` says of them with our filters at hand. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stringify } from "yaml";
import { checkManifests, type KnownFilter, type KnownModule } from "../index.ts";

// biome-ignore lint/suspicious/noExplicitAny: changes go anywhere
export type Any = any;

export const wasm = "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm";
export const text = (value: string) => ({ "@type": "type.googleapis.com/google.protobuf.StringValue", value });
export const sha = "ab".repeat(32);

const plugin = (code: object): Any => ({
  "@type": wasm,
  config: {
    name: "attribute-gen",
    root_id: "attribute-gen",
    failure_policy: "FAIL_CLOSED",
    configuration: text('{"attributes": [{"output_attribute": "a", "default": "b"}]}'),
    vm_config: { runtime: "envoy.wasm.runtime.v8", code },
  },
});

export const listener = (): Any => ({
  filterChain: {
    filter: {
      name: "envoy.filters.network.http_connection_manager",
      subFilter: { name: "envoy.filters.http.router" },
    },
  },
});

export const envoyFilter = (): Any => ({
  apiVersion: "networking.istio.io/v1alpha3",
  kind: "EnvoyFilter",
  metadata: { name: "attribute-gen", namespace: "prod" },
  spec: {
    workloadSelector: { labels: { app: "httpbin" } },
    configPatches: [
      {
        applyTo: "HTTP_FILTER",
        match: { context: "SIDECAR_INBOUND", proxy: { proxyVersion: "^1\\.3[01].*" }, listener: listener() },
        patch: {
          operation: "INSERT_BEFORE",
          value: { name: "attribute-gen", typed_config: plugin({ local: { filename: "/wasm/attribute-gen.wasm" } }) },
        },
      },
    ],
  },
});

export const remote = (): Any => ({
  remote: { http_uri: { uri: "http://files.example/attribute-gen.wasm", timeout: "10s", cluster: "_" }, sha256: sha },
});

/** The configuration apart, for the agent to fetch the module. */
export const discovered = (): Any => {
  const object = envoyFilter();
  const [patch] = object.spec.configPatches;
  object.spec.configPatches = [
    {
      applyTo: "EXTENSION_CONFIG",
      match: { context: "SIDECAR_INBOUND" },
      patch: { operation: "ADD", value: { name: "attribute-gen", typed_config: plugin(remote()) } },
    },
    {
      ...patch,
      patch: {
        operation: "INSERT_BEFORE",
        value: {
          name: "attribute-gen",
          config_discovery: {
            config_source: { ads: {}, initial_fetch_timeout: "0s", resource_api_version: "V3" },
            type_urls: [wasm],
          },
        },
      },
    },
  ];
  return object;
};

export const wasmPlugin = (): Any => ({
  apiVersion: "extensions.istio.io/v1alpha1",
  kind: "WasmPlugin",
  metadata: { name: "attribute-gen", namespace: "prod" },
  spec: {
    selector: { matchLabels: { app: "httpbin" } },
    url: "oci://registry.example/filters/attribute-gen:1.0",
    sha256: sha,
    imagePullPolicy: "IfNotPresent",
    imagePullSecret: "regcred",
    pluginName: "attribute-gen",
    phase: "STATS",
    priority: 10,
    failStrategy: "FAIL_CLOSE",
    match: [{ mode: "SERVER", ports: [{ number: 8080 }] }],
    pluginConfig: { attributes: [{ output_attribute: "a", default: "b" }] },
    vmConfig: {
      env: [
        { name: "LEVEL", value: "a" },
        { name: "POD_NAME", valueFrom: "HOST" },
      ],
    },
    type: "HTTP",
  },
});

export const trafficExtension = (): Any => {
  const { selector, phase, priority, match, ...wasm } = wasmPlugin().spec;
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "TrafficExtension",
    metadata: { name: "attribute-gen", namespace: "prod" },
    spec: { selector, phase, priority, match, wasm },
  };
};

export const telemetry = (): Any => ({
  apiVersion: "telemetry.istio.io/v1",
  kind: "Telemetry",
  metadata: { name: "operation", namespace: "prod" },
  spec: {
    metrics: [
      {
        providers: [{ name: "prometheus" }],
        overrides: [
          {
            match: { metric: "REQUEST_COUNT", mode: "SERVER" },
            tagOverrides: {
              request_operation: { operation: "UPSERT", value: "filter_state['wasm.istio_operationId']" },
              source_app: { operation: "REMOVE" },
            },
          },
        ],
      },
    ],
  },
});

export const extensionPolicy = (): Any => ({
  apiVersion: "gateway.envoyproxy.io/v1alpha1",
  kind: "EnvoyExtensionPolicy",
  metadata: { name: "attribute-gen", namespace: "prod" },
  spec: {
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "eg" }],
    wasm: [
      {
        name: "attribute-gen",
        rootID: "attribute-gen",
        code: { type: "Image", image: { url: "registry.example/filters/attribute-gen:1.0", sha256: sha } },
        config: { attributes: [{ output_attribute: "a", default: "b" }] },
      },
    ],
  },
});

export const deployment = (): Any => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "httpbin", namespace: "prod" },
  spec: {
    selector: { matchLabels: { app: "httpbin" } },
    template: {
      metadata: {
        labels: { app: "httpbin" },
        annotations: {
          "sidecar.istio.io/userVolume": '[{"name":"wasm","configMap":{"name":"attribute-gen-wasm"}}]',
          "sidecar.istio.io/userVolumeMount": '[{"name":"wasm","mountPath":"/wasm","readOnly":true}]',
        },
      },
      spec: { containers: [{ name: "app", image: "httpbin", ports: [{ containerPort: 8080 }] }] },
    },
  },
});

const module = (name: string): KnownModule => ({ name, bytes: readFileSync(`dist/${name}.wasm`) });
const modules = ["attribute-gen", "hmac-auth"].map(module);
const needs = [{ feature: "allow_on_headers_stop_iteration", unless: { hold: "body" } }];
const filters: readonly KnownFilter[] = modules.map(({ name }) => ({
  ...{ name, rootId: name, needs: name === "hmac-auth" ? needs : [] },
  schema: JSON.parse(readFileSync(`filters/${name}/config.schema.json`, "utf8")) as object,
}));

/** Of attribute-gen's module. */
export const digest = createHash("sha256")
  .update(modules[0]?.bytes ?? "")
  .digest("hex");

export const configMap = (): Any => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "attribute-gen-wasm", namespace: "prod" },
  binaryData: { "attribute-gen.wasm": Buffer.from(modules[0]?.bytes ?? []).toString("base64") },
});

/** Errors, as "line: path: message". */
export async function findings(objects: readonly object[], istioMinor?: number): Promise<string[]> {
  const yaml = objects.map((object) => stringify(object, { version: "1.1" })).join("---\n");
  const found = await checkManifests([{ name: "m.yaml", text: yaml }], {
    modules,
    filters,
    ...(istioMinor && { istioMinor }),
  });
  return found
    .filter(({ severity }) => severity === "error")
    .map(({ line, path, message }) => `${line}: ${path}: ${message}`);
}

export const patchOf = (object: Any) => object.spec.configPatches[0];
export const filterValueOf = (object: Any) => patchOf(object).patch.value;
export const configOf = (object: Any) => filterValueOf(object).typed_config.config;
export const filterOf = (object: Any) => patchOf(object).match.listener.filterChain.filter;

export const tagsOf = (object: Any) => object.spec.metrics[0].overrides[0].tagOverrides;
