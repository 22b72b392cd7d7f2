/** `pwk check --with-istio`: what no reading of manifests can show, seen in the listeners of a real Envoy. */
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { isBuilt } from "@proxy-wasm-kit/istio";
import { expect, test } from "vitest";
import { run } from "../../cli/test/pwk.ts";

const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isAbsent = !isRequired && (!isBuilt() || (await findEnvoy().catch(() => null)) === null);

const to = ["--namespace", "prod", "--selector", "app=shop"];
const url = ["--url", "oci://registry.example/filters/shadow-host:1.0"];
const deliver = async (...args: readonly string[]) => (await run(["manifest", ...args])).stdout;
const check = (manifests: string, ...args: readonly string[]) =>
  run(["check", "-", "--no-envoy", "--with-istio", ...args], { input: manifests });

test.skipIf(isAbsent).each([
  ["on a sidecar's way in", ["envoyfilter", "shadow-host", ...to], "sidecar app=shop in prod, inbound port 8080"],
  [
    "on one port",
    ["envoyfilter", "shadow-host", ...to, "--port", "9090"],
    "sidecar app=shop in prod, inbound port 9090",
  ],
  ["on its way out", ["envoyfilter", "shadow-host", ...to, "--context", "outbound"], "outbound port 8081"],
  ["before Istio's own filter", ["envoyfilter", "shadow-host", ...to, "--before", "istio.stats"], "inbound port 8080"],
  ["its module fetched", ["envoyfilter", "shadow-host", ...to, ...url], "inbound port 8080"],
  [
    "on a gateway",
    ["envoyfilter", "shadow-host", "--namespace", "edge", "--selector", "istio=ingressgateway", "--context", "gateway"],
    "gateway istio=ingressgateway in edge, inbound port 8080",
  ],
  ["as WasmPlugin", ["wasmplugin", "shadow-host", ...to, ...url], "prod.shadow-host~istio-translated-wasmplugin"],
  ["as TrafficExtension", ["trafficextension", "shadow-host", ...to, ...url], "trafficextension/prod.shadow-host,"],
])("a filter is found %s", async (_where, args, said) => {
  const { code, stdout } = await check(await deliver(...args));
  expect(stdout).toContain(said);
  expect(stdout).toMatch(/shadow-host.*; GET \/ gets 200$/m);
  expect(stdout).toContain("0 errors");
  expect(code).toBe(0);
});

test.skipIf(isAbsent)("one that no listener gets is an error, with the chain that there is", async () => {
  const manifests = await deliver("envoyfilter", "shadow-host", ...to, "--before", "our.own.filter");
  const { code, stdout } = await check(manifests, "--chain-filter", "our.own.filter");
  expect(stdout).toMatch(
    /error: EnvoyFilter prod\/shadow-host .*istiod puts shadow-host into no listener .*the chain is .*router/,
  );
  expect(code).toBe(1);
});

test.skipIf(isAbsent)("a listener that Envoy refuses is an error in its words", async () => {
  const lua = {
    name: "broken",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
      default_source_code: { inline_string: "function (" },
    },
  };
  const filter = {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: { name: "broken", namespace: "prod" },
    spec: {
      workloadSelector: { labels: { app: "shop" } },
      configPatches: [
        {
          applyTo: "HTTP_FILTER",
          match: {
            context: "SIDECAR_INBOUND",
            listener: { filterChain: { filter: { name: "envoy.filters.network.http_connection_manager" } } },
          },
          patch: { operation: "INSERT_FIRST", value: lua },
        },
      ],
    },
  };
  const { code, stdout } = await check(JSON.stringify(filter));
  expect(stdout).toMatch(
    /error: EnvoyFilter prod\/broken .*Envoy refuses the listener that istiod makes .*script load error/,
  );
  expect(code).toBe(1);
});

test.skipIf(isAbsent)("a request shows a filter that refuses it", async () => {
  const config = '{"signing_key_env": "KEY", "signature_header": "x-signature"}';
  const { code, stdout } = await check(
    await deliver("envoyfilter", "hmac-auth", ...to, "--host-env", "KEY", "--config", config),
  );
  expect(stdout).toMatch(/hmac-auth, .*; GET \/ gets 401$/m);
  expect(code).toBe(0);
});

test.skipIf(isAbsent)("a module that is not at hand is told, and not tried", async () => {
  const manifests = await deliver(
    "wasmplugin",
    "unknown",
    ...to,
    "--url",
    "oci://registry.example/filters/unknown:1.0",
  );
  const { code, stdout } = await check(manifests);
  expect(stdout).toContain(
    "warning: WasmPlugin prod/unknown: not tried on Istio, as the module of unknown is not at hand",
  );
  expect(code).toBe(0);
});
