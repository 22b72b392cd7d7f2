/** What is made of a module that nothing fetches: in the manifest, in a file of an image, in Envoy's own configuration. */
import { expect, test } from "vitest";
import {
  configMapPatch,
  type DeliveryPlan,
  envoyFilter,
  envoyHttpFilter,
  initContainerPatch,
  moduleVolumeAnnotations,
  toYaml,
} from "../index.ts";

const plan: DeliveryPlan = { name: "hmac-auth", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };
const workload = { kind: "Deployment", name: "httpbin" } as const;

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

test("a patch mounts what ConfigMaps have", () => {
  expect(configMapPatch(workload, plan)).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "httpbin", namespace: "prod" },
    spec: { template: { metadata: { annotations: moduleVolumeAnnotations(plan) } } },
  });
});

test("a patch has an init container copy the module, and reads like this", () => {
  const image = { image: "ghcr.io/me/hmac-auth-files:1.0" };
  expect(toYaml([initContainerPatch(workload, image, plan)])).toMatchInlineSnapshot(`
    "apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: httpbin
      namespace: prod
    spec:
      template:
        metadata:
          annotations:
            sidecar.istio.io/nativeSidecar: "false"
            sidecar.istio.io/userVolumeMount: "[{\\"name\\":\\"hmac-auth-wasm\\",\\"mountPath\\":\\"/var/local/wasm/hmac-auth.wasm\\",\\"subPath\\":\\"hmac-auth.wasm\\",\\"readOnly\\":true}]"
        spec:
          initContainers:
          - name: hmac-auth-wasm
            image: "ghcr.io/me/hmac-auth-files:1.0"
            command:
            - cp
            - /plugin.wasm
            - /wasm/hmac-auth.wasm
            volumeMounts:
            - name: hmac-auth-wasm
              mountPath: /wasm
          volumes:
          - name: hmac-auth-wasm
            emptyDir: {}
    "
  `);
});

test.each([
  [{ ...workload, name: "A" }, "ghcr.io/me/a:1", '/workload/name: expected the name of a workload, found "A"'],
  [workload, "oci://ghcr.io/me/a:1", "/image: expected an image without a scheme"],
])("%j and %s are refused", (to, image, message) => {
  expect(() => initContainerPatch(to, { image }, plan)).toThrow(`manifest: ${message}`);
});
