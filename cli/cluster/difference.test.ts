import { expect, test } from "vitest";
import { differences } from "./difference.ts";
import type { LiveObject } from "./objects.ts";

const written = (value: Readonly<Record<string, unknown>>) => {
  const whole = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, ...value };
  return { ...{ value: whole, apiVersion: "v1", kind: whole.kind, name: "a", namespace: "" } };
};

const live = (value: Readonly<Record<string, unknown>>, ours: object = {}): LiveObject => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", ...value },
  metadata: { name: "a", resourceVersion: "7", managedFields: [{ manager: "pwk", fieldsV1: ours as never }] },
});

test("what the server and others add is no difference", () => {
  expect(differences(written({ data: { a: "1" } }), live({ data: { a: "1", b: "2" }, immutable: false }))).toEqual([]);
});

test("what is not as it is written is told by its path, without its value", () => {
  const found = live({ spec: { priority: 2, list: [1] } });
  expect(differences(written({ spec: { priority: 1, list: [1, 2], new: {} } }), found)).toEqual([
    ...["spec.priority", "spec.list", "spec.new"],
  ]);
});

test("what we have set before and is not written any more is a difference", () => {
  const ours = { "f:data": { "f:a": {}, "f:b": {} } };
  expect(differences(written({ data: { a: "1" } }), live({ data: { a: "1", b: "2" } }, ours))).toEqual(["data.b"]);
});

test("a Secret's texts are compared with its data", () => {
  const secret = written({ kind: "Secret", stringData: { key: "it's-a-secret" } });
  const data = { key: Buffer.from("it's-a-secret").toString("base64") };
  expect(differences(secret, live({ kind: "Secret", data }))).toEqual([]);
  expect(differences(secret, live({ kind: "Secret", data: { key: "b3RoZXI=" } }))).toEqual(["data.key"]);
});
