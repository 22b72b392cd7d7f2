/** Mistakes in what a patch is of, and in what it does: istiod takes them, and drops the patch or breaks the listener. */
import { expect, test } from "vitest";
import { stringify } from "yaml";
import { checkManifests } from "./index.ts";
import { isTold, type Mistake } from "./test/mistake.ts";
import {
  type Any,
  configOf,
  discovered,
  envoyFilter,
  filterOf,
  filterValueOf,
  findings,
  patchOf,
  wasm,
} from "./test/objects.ts";

const http = "envoy.filters.network.http_connection_manager";
const network = "type.googleapis.com/envoy.extensions.filters.network";

/** One patch of something else than an HTTP filter. */
const patched = (applyTo: string, match: object, patch: object) => (): Any => {
  const object = envoyFilter();
  object.spec.configPatches = [{ applyTo, match: { context: "SIDECAR_OUTBOUND", ...match }, patch }];
  return object;
};
const asStruct = (object: Any): void => {
  const { "@type": type_url, ...value } = filterValueOf(object).typed_config;
  filterValueOf(object).typed_config = { "@type": "type.googleapis.com/udpa.type.v1.TypedStruct", type_url, value };
};
const timeout = (connect_timeout: unknown) => ({ operation: "MERGE", value: { connect_timeout } });
const rbac = { name: "rbac", typed_config: { "@type": `${network}.rbac.v3.RBAC`, stat_prefix: "a" } };
const atTcp = { listener: { filterChain: { filter: { name: "envoy.filters.network.tcp_proxy" } } } };
const none = () => {};

const mistakes: readonly Mistake[] = [
  [
    "REMOVE of a neighbour with a slip",
    envoyFilter,
    (o) => {
      patchOf(o).patch = { operation: "REMOVE" };
      filterOf(o).subFilter.name = "envoy.filters.http.fualt";
    },
    'did you mean "envoy.filters.http.fault"?',
  ],
  ["REMOVE of nothing", patched("NETWORK_FILTER", {}, { operation: "REMOVE" }), none, "expected the filter to remove"],
  [
    "REPLACE of a cluster",
    patched("CLUSTER", {}, { operation: "REPLACE", value: { name: "a" } }),
    none,
    "for CLUSTER, as others are dropped",
  ],
  [
    "ADD of a route configuration",
    patched("ROUTE_CONFIGURATION", {}, { operation: "ADD", value: { name: "a" } }),
    none,
    "expected MERGE",
  ],
  [
    "lists replaced in an HTTP filter",
    envoyFilter,
    (o) => (patchOf(o).patch.operation = "MERGE_AND_REPLACE_LIST"),
    "others are dropped",
  ],
  [
    "a filter to be found without a name",
    envoyFilter,
    (o) => (patchOf(o).match.listener.filterChain.filter = {}),
    "expected the name of a filter",
  ],
  ["a neighbour without a name", envoyFilter, (o) => (filterOf(o).subFilter = {}), "expected the name of a filter"],
  [
    "behind tcp_proxy",
    patched("NETWORK_FILTER", atTcp, { operation: "INSERT_AFTER", value: rbac }),
    none,
    "behind the last of the chain",
  ],
  [
    "added to a network chain",
    patched("NETWORK_FILTER", {}, { operation: "ADD", value: rbac }),
    none,
    "behind the last of the chain",
  ],
  [
    "the router in camel case",
    envoyFilter,
    (o) => {
      const typedConfig = { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" };
      patchOf(o).patch.value = { name: "a", typedConfig };
    },
    "the router is the last filter",
  ],
  [
    "a network filter in a TypedStruct",
    envoyFilter,
    (o) => {
      filterValueOf(o).typed_config["@type"] = `${network}.wasm.v3.Wasm`;
      asStruct(o);
    },
    "use applyTo NETWORK_FILTER",
  ],
  [
    "no code in a TypedStruct",
    envoyFilter,
    (o) => {
      delete configOf(o).vm_config.code;
      asStruct(o);
    },
    "/typed_config/value/config/vm_config: expected code, found none",
  ],
  [
    "a Go time in a TypedStruct",
    envoyFilter,
    (o) => {
      configOf(o).vm_config.code = {
        remote: { http_uri: { uri: "http://a/b.wasm", cluster: "outbound|80||a", timeout: "500ms" } },
      };
      asStruct(o);
    },
    'expected a time such as "10s"',
  ],
  ["a time without a unit", patched("CLUSTER", {}, timeout("5")), none, 'expected a time such as "10s"'],
  ["an empty root_id", envoyFilter, (o) => (configOf(o).root_id = ""), "expected root_id, found none"],
  [
    "base64 without its end",
    envoyFilter,
    (o) => (configOf(o).vm_config.code = { local: { inline_bytes: "AGFzbQEAAAA" } }),
    "expected base64",
  ],
  [
    "two proxyVersions, of no Istio of today",
    envoyFilter,
    (o) => {
      patchOf(o).match.proxy.proxyVersion = "^1\\.19.*";
      o.spec.configPatches.push(structuredClone(patchOf(o)));
    },
    "/configPatches/1/match/proxy/proxyVersion: matches no proxy of Istio 1.31",
  ],
  [
    "ECDS: a digest with its algorithm",
    discovered,
    (o) => (configOf(o).vm_config.code.remote.sha256 = "sha256:abab"),
    "expected 64 digits",
  ],
  [
    "ECDS: another type",
    discovered,
    (o) => {
      o.spec.configPatches[1].patch.value.config_discovery.type_urls = [wasm.split("/")[1]];
    },
    "the type of the EXTENSION_CONFIG patch of this name",
  ],
];

test.each(mistakes)("%s", (...mistake) => isTold(mistake));

test.each<[string, () => Any, (object: Any) => unknown]>([
  ["a time as Go writes it", patched("CLUSTER", {}, timeout("500ms")), none],
  [
    "base64 in lines",
    envoyFilter,
    (o) => {
      const type = "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua";
      filterValueOf(o).typed_config = { "@type": type, default_source_code: { inline_bytes: "bG9j\nYWw=\n" } };
    },
  ],
  [
    "a patch for each of many versions",
    envoyFilter,
    (o) => {
      const old = structuredClone(patchOf(o));
      old.match.proxy.proxyVersion = "^1\\.19.*";
      o.spec.configPatches.push(old);
    },
  ],
  ["one patch of a version", envoyFilter, (o) => (patchOf(o).match.proxy.proxyVersion = "^1\\.31\\.7$")],
  [
    "a part of a Wasm filter",
    envoyFilter,
    (o) => {
      filterOf(o).subFilter.name = "attribute-gen";
      const { configuration } = configOf(o);
      patchOf(o).patch = { operation: "MERGE", value: { typed_config: { "@type": wasm, config: { configuration } } } };
    },
  ],
  [
    "ECDS without cluster and timeout, which the agent replaces",
    discovered,
    (o) => {
      const { http_uri } = configOf(o).vm_config.code.remote;
      delete http_uri.cluster;
      delete http_uri.timeout;
    },
  ],
  [
    "a waypoint's chain",
    envoyFilter,
    (o) => {
      delete o.spec.workloadSelector;
      o.spec.targetRefs = [{ kind: "Service", name: "shop" }];
      patchOf(o).match = {
        context: "WAYPOINT",
        waypoint: { filter: { name: http, subFilter: { name: "envoy.filters.http.router" } } },
      };
    },
  ],
])("right: %s", async (_title, make, change) => {
  const object = make();
  change(object);
  expect(await findings([object, ...neighbour(object)])).toEqual([]);
});

/** For a patch that changes another's filter. */
const neighbour = (object: Any): Any[] => {
  if (patchOf(object).patch.operation !== "MERGE" || patchOf(object).applyTo !== "HTTP_FILTER") return [];
  const other = envoyFilter();
  other.metadata.name = "other";
  return [other];
};

test.each<[string, () => Any, string]>([
  ["BOOTSTRAP", patched("BOOTSTRAP", {}, { operation: "MERGE", value: {} }), "bootstrapOverride"],
  [
    "a filter to be found in a whole listener",
    patched("LISTENER", atTcp, { operation: "MERGE", value: {} }),
    "has no effect on LISTENER",
  ],
  [
    "a selector without labels",
    () => ({ ...envoyFilter(), spec: { ...envoyFilter().spec, workloadSelector: {} } }),
    "every workload of the namespace",
  ],
])("warned of: %s", async (_title, make, said) => {
  const found = await checkManifests([{ name: "m.yaml", text: stringify(make()) }]);
  expect(found.map(({ severity, message }) => `${severity}: ${message}`)).toContainEqual(
    expect.stringMatching(`^warning: .*${said}`),
  );
});
