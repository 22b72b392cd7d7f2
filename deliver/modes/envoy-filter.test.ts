import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { DeliveryPlan } from "../plan.ts";
import { toYaml } from "../yaml.ts";
import { envoyFilter } from "./envoy-filter.ts";

const plan: DeliveryPlan = {
  name: "hmac-auth",
  namespace: "prod",
  selector: { app: "httpbin" },
  context: "SIDECAR_INBOUND",
  configuration: { signing_key_env: "HMAC_KEY", signature_header: "X-Signature" },
  hostEnvironment: ["HMAC_KEY"],
};

test("the EnvoyFilter of a plan reads like this", () => {
  expect(toYaml([envoyFilter(plan)])).toMatchInlineSnapshot(`
    "apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata:
      name: hmac-auth
      namespace: prod
    spec:
      workloadSelector:
        labels:
          app: httpbin
      configPatches:
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
            name: hmac-auth
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
              config:
                name: hmac-auth
                root_id: hmac-auth
                failure_policy: FAIL_CLOSED
                allow_on_headers_stop_iteration: true
                configuration:
                  "@type": type.googleapis.com/google.protobuf.StringValue
                  value: |-
                    {
                      "signing_key_env": "HMAC_KEY",
                      "signature_header": "X-Signature"
                    }
                vm_config:
                  runtime: envoy.wasm.runtime.v8
                  code:
                    local:
                      filename: /var/local/wasm/hmac-auth.wasm
                  environment_variables:
                    host_env_keys:
                    - HMAC_KEY
    "
  `);
});

test("everything that may be given stands in its place", () => {
  const filter = envoyFilter({
    ...plan,
    rootId: "root",
    before: "istio.stats",
    port: 8080,
    proxyVersion: "^1\\.31",
    priority: -5,
    modulePath: "/etc/wasm/a.wasm",
    environment: { LEVEL: "y" },
    failurePolicy: "FAIL_RELOAD",
    vmId: "1",
    allowOnHeadersStopIteration: false,
  });
  const resource = parse(toYaml([filter]), { version: "1.1" });
  expect(resource).toEqual(filter);
  const [patch] = resource.spec.configPatches;
  expect(resource.spec.priority).toBe(-5);
  expect(patch.match).toMatchObject({
    proxy: { proxyVersion: "^1\\.31" },
    listener: { portNumber: 8080, filterChain: { filter: { subFilter: { name: "istio.stats" } } } },
  });
  expect(patch.patch.value.typed_config.config).toMatchObject({
    root_id: "root",
    failure_policy: "FAIL_RELOAD",
    allow_on_headers_stop_iteration: false,
    vm_config: {
      vm_id: "1",
      code: { local: { filename: "/etc/wasm/a.wasm" } },
      environment_variables: { host_env_keys: ["HMAC_KEY"], key_values: { LEVEL: "y" } },
    },
  });
});

test("a filter goes right before the router, before another, or behind one", () => {
  const insertionOf = (order: Pick<DeliveryPlan, "before" | "after">) => {
    const { name, namespace, selector, context } = plan;
    const [patch] = envoyFilter({ name, namespace, selector, context, ...order }).spec.configPatches;
    return [patch?.patch.operation, patch?.match.listener.filterChain.filter.subFilter?.name];
  };
  expect(insertionOf({})).toEqual(["INSERT_BEFORE", "envoy.filters.http.router"]);
  expect(insertionOf({ before: "istio.stats" })).toEqual(["INSERT_BEFORE", "istio.stats"]);
  expect(insertionOf({ after: "envoy.filters.http.cors" })).toEqual(["INSERT_AFTER", "envoy.filters.http.cors"]);
});

test("every workload of the namespace has to be asked for, and has no selector then", () => {
  expect(envoyFilter({ ...plan, selector: "*" }).spec).not.toHaveProperty("workloadSelector");
});

test("a configuration that is text or bytes reaches the filter as it is, and none is not written", () => {
  const configOf = (configuration: unknown) =>
    envoyFilter({ ...plan, configuration }).spec.configPatches[0]?.patch.value.typed_config.config;
  expect(configOf("a: 1\n")?.configuration?.value).toBe("a: 1\n");
  expect(configOf(Uint8Array.of(0, 255))?.configuration).toEqual({
    "@type": "type.googleapis.com/google.protobuf.BytesValue",
    value: "AP8=",
  });
  expect(configOf(undefined)).not.toHaveProperty("configuration");
});

describe("a plan is refused with the place", () => {
  test.each<[Partial<DeliveryPlan>, string]>([
    [{ name: "HMAC" }, '/name: expected a DNS label (a-z, 0-9, -; at most 63 characters), found "HMAC"'],
    [{ name: "a".repeat(64) }, "/name: expected a DNS label"],
    [{ namespace: "" }, '/namespace: expected a DNS label, found ""'],
    [{ selector: {} }, "/selector: expected at least one label, found none"],
    [{ selector: { "a b": "c" } }, '/selector/a b: expected a label\'s name, found "a b"'],
    [{ selector: { app: "x y" } }, '/selector/app: expected a label\'s value, found "x y"'],
    [{ context: "INBOUND" as never }, "/context: expected one of SIDECAR_INBOUND"],
    [{ before: "" }, '/before: expected the name of a filter such as istio.stats, found ""'],
    [{ after: "a b" }, '/after: expected the name of a filter such as envoy.filters.http.cors, found "a b"'],
    [{ before: "a", after: "b" }, "/after: expected one of before and after, found both"],
    [{ after: "envoy.filters.http.router" }, "/after: expected a filter in front of the router"],
    [{ port: 0 }, "/port: expected a port from 1 to 65535, found 0"],
    [{ port: 80.5 }, "/port: expected a port"],
    [{ proxyVersion: "(" }, '/proxyVersion: expected a regular expression of at most 1024 characters, found "("'],
    [{ proxyVersion: "(?=x)" }, "/proxyVersion: expected a regular expression"],
    [{ modulePath: "/wasm/../a.wasm" }, '/modulePath: expected an absolute path of a file, found "/wasm/../a.wasm"'],
    [{ modulePath: "/wasm/a\n.wasm" }, "/modulePath: expected an absolute path of a file"],
    [{ modulePath: "/wasm/.." }, "/modulePath: expected an absolute path of a file"],
    [{ modulePath: "wasm/a.wasm" }, '/modulePath: expected an absolute path of a file, found "wasm/a.wasm"'],
    [{ modulePath: "/wasm/" }, "/modulePath: expected an absolute path of a file"],
    [{ environment: { "A-B": "secret" } }, '/environment: expected the name of a variable, found "A-B"'],
    [{ hostEnvironment: ["KEY=secret"] }, '/environment: expected the name of a variable, found "KEY=..."'],
    [{ environment: { HMAC_KEY: "secret" } }, "/environment/HMAC_KEY: expected each variable once, found it twice"],
  ])("%j", (change, problem) => {
    const attempt = () => envoyFilter({ ...plan, ...change });
    expect(attempt).toThrow(`manifest: ${problem}`);
    expect(attempt).not.toThrow("secret");
  });
});
