import { toYaml } from "@proxy-wasm-kit/deliver";
import { expect, test } from "vitest";
import { objectsOf, readInput, secretsOf } from "./input.ts";

const of = (text: string) => objectsOf([{ name: "a.yaml", text }]);

test("the objects of all files, in their order, those of a List too", () => {
  const object = (name: string) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } });
  const text = toYaml([object("a"), { apiVersion: "v1", kind: "List", items: [object("b"), object("c")] }]);
  expect(of(text).map(({ name }) => name)).toEqual(["a", "b", "c"]);
});

test.each([
  ["a: [", "a.yaml:1:5: error: expected YAML"],
  ["# nothing", "a.yaml: expected at least one object of Kubernetes, found none"],
  ["apiVersion: v1\nkind: ConfigMap\nmetadata: {}", "ConfigMap: expected metadata.name, found none"],
])("%j is refused, though nobody checks", (text, message) => {
  expect(() => of(text)).toThrow(message);
});

test("a patch of a workload is no object: the workload would be deleted with it", () => {
  const annotations = { "sidecar.istio.io/userVolume": "[]" };
  const spec = { template: { metadata: { annotations } } };
  const patch = { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "shop", namespace: "prod" }, spec };
  expect(() => of(toYaml([patch]))).toThrow("Deployment prod/shop: expected a selector, found none");
});

test("what a Secret holds is known in both forms", () => {
  const [key, data] = ["it's-a-secret", Buffer.from("another-one").toString("base64")];
  const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { key }, data: { data } };
  expect(new Set(secretsOf(of(toYaml([secret]))))).toEqual(new Set([key, data, "another-one"]));
});

test("what a Secret holds is known where it may not be, and as the server quotes it", () => {
  const stringData = { wrong: { key: "it's-a-secret" }, number: 123456, lines: "one\ntwo" };
  const secrets = secretsOf(of(toYaml([{ apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData }])));
  expect(new Set(secrets)).toEqual(new Set(["it's-a-secret", "123456", "one\ntwo", "one\\ntwo"]));
});

test("an environment is of a pwk.yaml", async () => {
  await expect(readInput(["a.yaml"], { env: "prod" }, () => {})).rejects.toThrow(
    "--env: expected it without manifests",
  );
});
