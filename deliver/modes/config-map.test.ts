import { expect, test } from "vitest";
import type { DeliveryPlan } from "../plan.ts";
import { moduleConfigMap, moduleVolumeAnnotations } from "./config-map.ts";

const plan: DeliveryPlan = { name: "hmac-auth", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };

test("the module lies in the ConfigMap under the name it has in the proxy", () => {
  expect(moduleConfigMap(plan, Uint8Array.of(0, 97, 115, 109))).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hmac-auth-wasm", namespace: "prod" },
    binaryData: { "hmac-auth.wasm": "AGFzbQ==" },
  });
});

test("the annotations mount each file where the filter's configuration looks for it, and nothing else", () => {
  const name = "a".repeat(63);
  expect(moduleVolumeAnnotations(plan, { ...plan, name, modulePath: "/etc/wasm/x.wasm" })).toEqual({
    "sidecar.istio.io/userVolume": JSON.stringify([
      { name: "hmac-auth-wasm", configMap: { name: "hmac-auth-wasm" } },
      { name: `${"a".repeat(58)}-wasm`, configMap: { name: `${name}-wasm` } },
    ]),
    "sidecar.istio.io/userVolumeMount": JSON.stringify([
      {
        name: "hmac-auth-wasm",
        mountPath: "/var/local/wasm/hmac-auth.wasm",
        subPath: "hmac-auth.wasm",
        readOnly: true,
      },
      { name: `${"a".repeat(58)}-wasm`, mountPath: "/etc/wasm/x.wasm", subPath: "x.wasm", readOnly: true },
    ]),
  });
});

test("a module of 1 MiB fits in a ConfigMap, and one byte more does not", () => {
  const bytes = (size: number) => moduleConfigMap(plan, new Uint8Array(size)).binaryData["hmac-auth.wasm"];
  expect(bytes(1024 * 1024)).toHaveLength(1398104);
  expect(() => bytes(1024 * 1024 + 1)).toThrow(
    "manifest: /module: expected at most 1048576 bytes in a ConfigMap, found 1048577; deliver it in an image instead",
  );
});

test.each(["a b.wasm", "é.wasm", "..wasm", "a".repeat(254)])("a ConfigMap cannot have a file %j", (file) => {
  expect(() => moduleConfigMap({ ...plan, modulePath: `/etc/wasm/${file}` }, Uint8Array.of(0))).toThrow(
    "manifest: /modulePath: expected a file name of letters, digits, -, _ and ., found ",
  );
});
