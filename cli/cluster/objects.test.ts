import { expect, test } from "vitest";
import type { Kubectl } from "./kubectl.ts";
import { readLive } from "./objects.ts";

const configMap = (namespace: string) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", ...(namespace !== "" && { namespace }) } },
});
const written = (namespace: string) => ({
  ...{ apiVersion: "v1", kind: "ConfigMap", name: "a", namespace, value: configMap(namespace) },
});
const clusterWith = (...namespaces: readonly string[]) => {
  const stdout = JSON.stringify({ apiVersion: "v1", kind: "List", items: namespaces.map(configMap) });
  return { run: async () => ({ stdout, warnings: [] }) } as unknown as Kubectl;
};

test.each([
  { there: ["shop"], objects: ["shop", ""], found: ["shop", undefined] },
  { there: ["shop"], objects: ["", "shop"], found: [undefined, "shop"] },
  { there: ["shop", "default"], objects: ["shop", ""], found: ["shop", "default"] },
  { there: ["default"], objects: [""], found: ["default"] },
])("of the namespaces $there objects of $objects are $found", async ({ there, objects, found }) => {
  const live = await readLive(clusterWith(...there), objects.map(written));
  expect(live.map((each) => each?.metadata.namespace)).toEqual(found);
});
