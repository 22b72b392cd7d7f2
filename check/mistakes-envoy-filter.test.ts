/** Mistakes in an EnvoyFilter, most of which Istio's own validators take. Each is told with its place and what to do. */
import { test } from "vitest";
import { isTold, type Mistake } from "./test/mistake.ts";
import {
  configOf,
  discovered,
  envoyFilter,
  filterOf,
  filterValueOf,
  patchOf,
  remote,
  text,
  wasm,
} from "./test/objects.ts";

const mistakes: readonly Mistake[] = [
  [
    "label for labels",
    envoyFilter,
    (o) => (o.spec.workloadSelector = { label: { app: "httpbin" } }),
    'did you mean "labels"?',
  ],
  [
    "matchLabels for labels",
    envoyFilter,
    (o) => (o.spec.workloadSelector = { matchLabels: { app: "a" } }),
    'no field "matchLabels"',
  ],
  ["selector for workloadSelector", envoyFilter, (o) => (o.spec.selector = { labels: {} }), 'no field "selector"'],
  ["a wildcard in a label", envoyFilter, (o) => (o.spec.workloadSelector.labels.app = "*"), "wildcard"],
  ["both selectors", envoyFilter, (o) => (o.spec.targetRefs = [{ kind: "Gateway", name: "g" }]), "only one of"],
  [
    "targetRefs on a sidecar",
    envoyFilter,
    (o) => {
      delete o.spec.workloadSelector;
      o.spec.targetRefs = [{ group: "gateway.networking.k8s.io", kind: "Gateway", name: "g" }];
    },
    "expected GATEWAY or WAYPOINT beside targetRefs",
  ],
  [
    "an unknown context",
    envoyFilter,
    (o) => (patchOf(o).match.context = "SIDECAR_INBOUNDS"),
    'did you mean "SIDECAR_INBOUND"?',
  ],
  ["an unknown applyTo", envoyFilter, (o) => (patchOf(o).applyTo = "HTTP_FILTERS"), 'did you mean "HTTP_FILTER"?'],
  [
    "an unknown operation",
    envoyFilter,
    (o) => (patchOf(o).patch.operation = "INSERT"),
    "/patch/operation: expected one of",
  ],
  [
    "apiVersion v1",
    envoyFilter,
    (o) => (o.apiVersion = "networking.istio.io/v1"),
    "expected networking.istio.io/v1alpha3 for EnvoyFilter",
  ],
  ["a kind that Istio lacks", envoyFilter, (o) => (o.kind = "EnvoyFilters"), 'did you mean "EnvoyFilter"?'],
  [
    "a group that Istio lacks",
    envoyFilter,
    (o) => (o.apiVersion = "network.istio.io/v1alpha3"),
    "expected networking.istio.io/v1alpha3",
  ],
  ["no patches", envoyFilter, (o) => (o.spec.configPatches = []), "the object does nothing"],
  [
    "rootid in typed_config",
    envoyFilter,
    (o) => (configOf(o).rootid = "a"),
    'PluginConfig has no field "rootid"; did you mean "root_id"?',
  ],
  [
    "an unknown field deep inside",
    envoyFilter,
    (o) => (configOf(o).vm_config.code.local.file = "a"),
    'DataSource has no field "file"',
  ],
  [
    "an unknown @type",
    envoyFilter,
    (o) => (filterValueOf(o).typed_config["@type"] = wasm.replace("Wasm", "Wasp").replace("wasm.v3", "wasm.v3")),
    "there is no type",
  ],
  ["no typed_config", envoyFilter, (o) => delete filterValueOf(o).typed_config, "expected typed_config, found none"],
  [
    "config of the second API",
    envoyFilter,
    (o) => {
      filterValueOf(o).config = filterValueOf(o).typed_config.config;
      delete filterValueOf(o).typed_config;
    },
    'HttpFilter has no field "config"',
  ],
  [
    "a configuration that is no Any",
    envoyFilter,
    (o) => (configOf(o).configuration = '{"a": 1}'),
    'expected an object with "@type"',
  ],
  [
    "a configuration without its type",
    envoyFilter,
    (o) => delete configOf(o).configuration["@type"],
    'expected "@type", found nothing',
  ],
  ["no patch value", envoyFilter, (o) => delete patchOf(o).patch.value, "expected value, found none"],
  ["no operation", envoyFilter, (o) => delete patchOf(o).patch.operation, "expected operation, found none"],
  [
    "the match of a cluster",
    envoyFilter,
    (o) => {
      patchOf(o).match = { context: "SIDECAR_INBOUND", cluster: { name: "a" } };
    },
    "expected listener for HTTP_FILTER, found cluster",
  ],
  [
    "the match of a route",
    envoyFilter,
    (o) => {
      patchOf(o).match = { context: "SIDECAR_INBOUND", routeConfiguration: { name: "a" } };
    },
    "expected listener for HTTP_FILTER, found routeConfiguration",
  ],
  [
    "an open proxyVersion",
    envoyFilter,
    (o) => (patchOf(o).match.proxy.proxyVersion = "^1\\.(3"),
    "a regular expression as RE2 has them",
  ],
  [
    "a proxyVersion of another Istio",
    envoyFilter,
    (o) => (patchOf(o).match.proxy.proxyVersion = "^1\\.2[0-9]"),
    "matches no proxy of Istio 1.31",
  ],
  [
    "another filter's type",
    envoyFilter,
    (o) => {
      filterValueOf(o).typed_config = { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" };
    },
    "the router is the last filter",
  ],
  [
    "a network filter among HTTP filters",
    envoyFilter,
    (o) => {
      filterValueOf(o).typed_config["@type"] = "type.googleapis.com/envoy.extensions.filters.network.wasm.v3.Wasm";
    },
    "use applyTo NETWORK_FILTER",
  ],
  ["no code", envoyFilter, (o) => delete configOf(o).vm_config.code, "expected code, found none"],
  ["code that is nowhere", envoyFilter, (o) => (configOf(o).vm_config.code = {}), "expected local or remote"],
  [
    "a local source without any",
    envoyFilter,
    (o) => (configOf(o).vm_config.code = { local: {} }),
    "expected one of filename",
  ],
  [
    "a path that is not absolute",
    envoyFilter,
    (o) => (configOf(o).vm_config.code.local.filename = "wasm/a.wasm"),
    "expected an absolute path",
  ],
  [
    "bytes that are no module",
    envoyFilter,
    (o) => (configOf(o).vm_config.code = { local: { inline_bytes: "AAAA" } }),
    "expected a WebAssembly module in base64",
  ],
  [
    "another runtime",
    envoyFilter,
    (o) => (configOf(o).vm_config.runtime = "envoy.wasm.runtime.v9"),
    'did you mean "envoy.wasm.runtime.v8"?',
  ],
  ["no runtime", envoyFilter, (o) => delete configOf(o).vm_config.runtime, "expected envoy.wasm.runtime.v8"],
  [
    "an empty config",
    envoyFilter,
    (o) => (filterValueOf(o).typed_config.config = {}),
    "expected vm_config, found none",
  ],
  [
    "no config at all",
    envoyFilter,
    (o) => delete filterValueOf(o).typed_config.config,
    "expected config, with the plugin in it",
  ],
  [
    "remote in typed_config without sha256",
    envoyFilter,
    (o) => {
      configOf(o).vm_config.code = remote();
      delete configOf(o).vm_config.code.remote.sha256;
    },
    "expected sha256, not empty, found none",
  ],
  [
    "remote in typed_config from no cluster",
    envoyFilter,
    (o) => (configOf(o).vm_config.code = remote()),
    'there is no cluster "_"',
  ],
  [
    "an image in typed_config",
    envoyFilter,
    (o) => {
      configOf(o).vm_config.code = remote();
      configOf(o).vm_config.code.remote.http_uri.uri = "oci://registry.example/filters/a:1";
    },
    "Envoy itself fetches it here",
  ],
  ["no root_id", envoyFilter, (o) => delete configOf(o).root_id, "expected root_id, found none"],
  [
    "a root_id that the module lacks",
    envoyFilter,
    (o) => (configOf(o).root_id = "attribute_gen"),
    'expected "attribute-gen", the root ID of attribute-gen',
  ],
  [
    "a sidecar's filter on a gateway",
    envoyFilter,
    (o) => (o.spec.workloadSelector.labels = { istio: "ingressgateway" }),
    "expected GATEWAY, as the labels read like a gateway's",
  ],
  [
    "a gateway's filter on a sidecar",
    envoyFilter,
    (o) => (patchOf(o).match.context = "GATEWAY"),
    "the labels read like a sidecar's",
  ],
  [
    "a neighbour with a slip",
    envoyFilter,
    (o) => (filterOf(o).subFilter.name = "envoy.filters.http.rooter"),
    'did you mean "envoy.filters.http.router"?',
  ],
  [
    "a neighbour of the old name",
    envoyFilter,
    (o) => (filterOf(o).subFilter.name = "envoy.router"),
    'write "envoy.filters.http.router"',
  ],
  [
    "a neighbour that is nowhere",
    envoyFilter,
    (o) => (filterOf(o).subFilter.name = "no.such.filter"),
    "dropped without a word",
  ],
  [
    "a WasmPlugin by its old name",
    envoyFilter,
    (o) => (filterOf(o).subFilter.name = "extensions.istio.io/wasmplugin/prod.a"),
    "trafficextension/prod.a~istio-translated-wasmplugin",
  ],
  [
    "the old name of the connection manager",
    envoyFilter,
    (o) => (filterOf(o).name = "envoy.http_connection_manager"),
    "expected envoy.filters.network.http_connection_manager",
  ],
  [
    "behind the router",
    envoyFilter,
    (o) => (patchOf(o).patch.operation = "INSERT_AFTER"),
    "puts the filter behind the router",
  ],
  [
    "behind everything",
    envoyFilter,
    (o) => {
      patchOf(o).patch.operation = "INSERT_AFTER";
      delete filterOf(o).subFilter;
    },
    "puts the filter behind the router",
  ],
  ["port 0", envoyFilter, (o) => (patchOf(o).match.listener.portNumber = 0), "expected a port from 1 to 65535"],
  [
    "a port that is a text",
    envoyFilter,
    (o) => (patchOf(o).match.listener.portNumber = "8080"),
    "expected a whole number",
  ],
  [
    "an unknown failure policy",
    envoyFilter,
    (o) => (configOf(o).failure_policy = "FAIL_CLOSE"),
    'did you mean "FAIL_CLOSED"?',
  ],
  [
    "a variable twice",
    envoyFilter,
    (o) => {
      configOf(o).vm_config.environment_variables = { host_env_keys: ["A"], key_values: { A: "b" } };
    },
    "expected each variable once",
  ],
  [
    "a configuration that the schema refuses",
    envoyFilter,
    (o) => (configOf(o).configuration = text('{"atributes": []}')),
    'did you mean "attributes"?',
  ],
  [
    "a configuration that only the filter refuses",
    envoyFilter,
    (o) => {
      configOf(o).configuration = text(
        '{"attributes": [{"output_attribute": "a", "match": [{"value": "b", "condition": "request.path =="}]}]}',
      );
    },
    "attribute-gen.wasm refuses it",
  ],
  [
    "a configuration that is no JSON",
    envoyFilter,
    (o) => (configOf(o).configuration = text('{"attributes": ')),
    "attribute-gen.wasm refuses it",
  ],
  ["ECDS: another operation", discovered, (o) => (patchOf(o).patch.operation = "INSERT_BEFORE"), "expected ADD"],
  [
    "ECDS: two names",
    discovered,
    (o) => (filterValueOf(o).name = "attributegen"),
    "waits for its configuration for ever",
  ],
  [
    "ECDS: ftp",
    discovered,
    (o) => (configOf(o).vm_config.code.remote.http_uri.uri = "ftp://a/b.wasm"),
    "expected oci://, https:// or http://, found ftp://",
  ],
];

test.each(mistakes)("%s", (...mistake) => isTold(mistake));
