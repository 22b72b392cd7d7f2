/** What is made of a workload whose proxy gets modules as files, and Secrets as variables. */
import { expect, test } from "vitest";
import { type DeliveryPlan, type PatchedWorkload, podPatch, type SecretVariable, toYaml } from "../index.ts";

const plan: DeliveryPlan = { name: "hmac-auth", namespace: "prod", selector: { app: "a" }, context: "SIDECAR_INBOUND" };
const other: DeliveryPlan = { ...plan, name: "shadow-host" };
const workload = { kind: "Deployment", name: "httpbin", namespace: "prod" } as const;
const secret: SecretVariable = { name: "HMAC_KEY", secret: "webhook-keys", key: "github" };
const image = { image: "ghcr.io/me/hmac-auth-files:1.0" };

test("annotations mount each ConfigMap's file where the filter's configuration looks for it, and nothing else", () => {
  const name = "a".repeat(63);
  const files = [{ plan }, { plan: { ...plan, name, modulePath: "/etc/wasm/x.wasm" } }];
  const annotations = {
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
  };
  expect(podPatch(workload, { files })).toEqual({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "httpbin", namespace: "prod" },
    spec: { template: { metadata: { annotations } } },
  });
});

test("a patch with an image and a Secret reads like this", () => {
  expect(toYaml([podPatch(workload, { files: [{ plan, image }], secrets: [secret] })])).toMatchInlineSnapshot(`
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
          containers:
          - name: istio-proxy
            image: auto
            env:
            - name: HMAC_KEY
              valueFrom:
                secretKeyRef:
                  name: webhook-keys
                  key: github
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

test("that of a gateway reads like this", () => {
  const patch = podPatch({ ...workload, isGateway: true }, { files: [{ plan }], secrets: [secret] });
  expect(toYaml([patch])).toMatchInlineSnapshot(`
    "apiVersion: apps/v1
    kind: Deployment
    metadata:
      name: httpbin
      namespace: prod
    spec:
      template:
        spec:
          containers:
          - name: istio-proxy
            env:
            - name: HMAC_KEY
              valueFrom:
                secretKeyRef:
                  name: webhook-keys
                  key: github
            volumeMounts:
            - name: hmac-auth-wasm
              mountPath: /var/local/wasm/hmac-auth.wasm
              subPath: hmac-auth.wasm
              readOnly: true
          volumes:
          - name: hmac-auth-wasm
            configMap:
              name: hmac-auth-wasm
    "
  `);
});

test("several filters are in one patch, each from where it is, and share a variable", () => {
  const { metadata, spec } = podPatch(workload, {
    files: [{ plan }, { plan: other, image: { image: "i:1", path: "/a.wasm" } }],
    secrets: [secret, { ...secret }],
  }).spec.template;
  const named = (key: string) =>
    JSON.parse(metadata?.annotations[`sidecar.istio.io/${key}`] ?? "null").map(({ name }: { name: string }) => name);
  expect(named("userVolume")).toEqual(["hmac-auth-wasm"]);
  expect(named("userVolumeMount")).toEqual(["hmac-auth-wasm", "shadow-host-wasm"]);
  expect(spec?.initContainers).toHaveLength(1);
  expect(spec?.initContainers?.[0]?.command).toEqual(["cp", "/a.wasm", "/wasm/shadow-host.wasm"]);
  expect(spec?.containers?.[0]?.env).toHaveLength(1);
});

const refused: readonly (readonly [Partial<PatchedWorkload>, Parameters<typeof podPatch>[1], string])[] = [
  [{ name: "A" }, { files: [{ plan }] }, '/workload/name: expected the name of a workload, found "A"'],
  [{}, { files: [{ plan, image: { image: "oci://ghcr.io/me/a:1" } }] }, "/image: expected an image without a scheme"],
  [{ namespace: "test" }, { files: [{ plan }] }, '/namespace: expected test, found "prod"'],
  [{}, {}, "/workload: expected a module or a variable for it, found none"],
  [
    {},
    { secrets: [secret, { ...secret, key: "stripe" }] },
    "/secrets/HMAC_KEY: expected one key of one Secret for it in the workload, found several",
  ],
];
test.each(refused)("%j with %j is refused", (of, needs, message) => {
  expect(() => podPatch({ ...workload, ...of }, needs)).toThrow(`manifest: ${message}`);
});
