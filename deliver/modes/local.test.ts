/** What is made of a module that nothing fetches: in the manifest, in Envoy's own configuration. */
import { expect, test } from "vitest";
import { type DeliveryPlan, envoyFilter, envoyHttpFilter, toYaml } from "../index.ts";

const plan: DeliveryPlan = { name: "hmac-auth", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };

test("a module in the manifest is in base64", () => {
  const [patch] = envoyFilter({ ...plan, source: { inline: Uint8Array.of(0, 97, 115, 109) } }).spec.configPatches;
  expect(patch?.patch.value.typed_config.config.vm_config.code).toEqual({ local: { inline_bytes: "AGFzbQ==" } });
  expect(() => envoyFilter({ ...plan, source: { inline: new Uint8Array(1024 * 1024 + 1) } })).toThrow(
    "manifest: /source/inline: expected at most 1048576 bytes, found 1048577; deliver the module in an image",
  );
});

test("the filter of an Envoy alone reads like this", () => {
  const { name } = plan;
  expect(
    toYaml([envoyHttpFilter({ name, configuration: { a: 1 }, modulePath: "/etc/a.wasm" })]),
  ).toMatchInlineSnapshot(`
    "name: hmac-auth
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
              "a": 1
            }
        vm_config:
          runtime: envoy.wasm.runtime.v8
          code:
            local:
              filename: /etc/a.wasm
    "
  `);
  expect(() => envoyHttpFilter({ name, source: { url: "https://host/a.wasm" } })).toThrow(
    "manifest: /source: expected a file or a module in the configuration",
  );
});
