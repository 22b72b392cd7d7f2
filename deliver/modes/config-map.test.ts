import { expect, test } from "vitest";
import type { DeliveryPlan } from "../plan.ts";
import { moduleConfigMap } from "./config-map.ts";

const plan: DeliveryPlan = { name: "hmac-auth", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };

test("the module lies in the ConfigMap under the name it has in the proxy", () => {
  expect(moduleConfigMap(plan, Uint8Array.of(0, 97, 115, 109))).toEqual({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "hmac-auth-wasm", namespace: "prod" },
    binaryData: { "hmac-auth.wasm": "AGFzbQ==" },
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
