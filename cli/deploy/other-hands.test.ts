/** What others do meanwhile to the objects of `pwk deploy` and `pwk undeploy`. */
import { expect, test } from "vitest";
import type { Kubectl } from "../cluster/kubectl.ts";
import { deploy } from "./deploy.ts";
import { undeploy } from "./undeploy.ts";

const envoyFilter = (uid: string) => ({
  ...{ apiVersion: "networking.istio.io/v1alpha3", kind: "EnvoyFilter", spec: {} },
  metadata: { name: "a", namespace: "shop", uid, resourceVersion: uid },
});
const written = [
  {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    name: "a",
    namespace: "shop",
    value: envoyFilter(""),
  },
];

/** `read`: what is there at each reading, one after the other; what is applied gets "3" for its uid. */
const optionsWith = (...read: readonly (object | null)[]) => {
  const left = [...read];
  const run = async (_: string, [verb = ""]: readonly string[]) => {
    const found = verb === "get" ? left.shift() : envoyFilter("3");
    return { stdout: found === null ? "" : JSON.stringify(found), warnings: [] };
  };
  return {
    kubectl: { run } as unknown as Kubectl,
    istiod: async () => ({ proxies: async () => [], close: () => {} }),
    ...{ rootNamespace: "istio-system", stop: new AbortController().signal, timeoutMs: 0 },
    ...{ isDryRun: false, forceConflicts: false, force: true, progress: { show: () => {}, end: () => {} } },
  };
};

test("what is made again while it is waited for is not told as gone", async () => {
  expect(await undeploy(written, optionsWith(envoyFilter("1"), envoyFilter("2")))).toMatchObject({
    ok: false,
    messages: ["EnvoyFilter shop/a: somebody else has made it again meanwhile."],
  });
  expect(await undeploy(written, optionsWith(envoyFilter("1"), null))).toMatchObject({
    ok: true,
    messages: [],
  });
});

test("what was deleted meanwhile is created, not changed", async () => {
  const { objects } = await deploy(written, optionsWith(envoyFilter("1")));
  expect(objects).toMatchObject([{ result: "created" }]);
});

test("a ConfigMap that others change while proxies are waited for is told", async () => {
  const spec = { configPatches: [{ applyTo: "CLUSTER", patch: { operation: "MERGE", value: { name: "a" } } }] };
  const filter = { ...envoyFilter("1"), spec };
  const configMap = (resourceVersion: string) => ({
    ...{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", namespace: "shop", uid: "2", resourceVersion } },
  });
  const pod = { metadata: { name: "a", namespace: "shop" }, spec: { containers: [{ name: "istio-proxy" }] } };
  const run = async (_: string, [verb, what]: readonly string[], input: string) => {
    const items = what === "pods" ? [pod] : [filter, configMap("2")];
    return { stdout: verb === "apply" ? input : JSON.stringify({ kind: "List", items }), warnings: [] };
  };
  const objects = [filter, configMap("1")].map((value) => ({
    ...{ apiVersion: value.apiVersion, kind: value.kind, name: "a", namespace: "shop", value },
  }));
  const kubectl = { run } as unknown as Kubectl;
  expect(await deploy(objects, { ...optionsWith(), kubectl, timeoutMs: 30_000 })).toMatchObject({
    ok: false,
    messages: ["ConfigMap shop/a: somebody else has changed it meanwhile."],
  });
});
