/** What is told, and done, where istiod is not to be reached. */
import { expect, test } from "vitest";
import type { Kubectl } from "../cluster/kubectl.ts";
import type { LiveObject } from "../cluster/objects.ts";
import { Failure } from "../failure.ts";
import { deploy } from "./deploy.ts";
import { status } from "./status.ts";
import { undeploy } from "./undeploy.ts";

const objectOf = (apiVersion: string, kind: string): LiveObject => ({
  ...{ apiVersion, kind, metadata: { name: "a", namespace: "shop", resourceVersion: "1" }, spec: {} },
});
const filter = objectOf("networking.istio.io/v1alpha3", "EnvoyFilter");
const configMap = objectOf("v1", "ConfigMap");

const written = ({ apiVersion, kind, metadata: { name, namespace = "" }, ...value }: LiveObject) => [
  { apiVersion, kind, name, namespace, value: { apiVersion, kind, metadata: { name, namespace }, ...value } },
];

/** A cluster with this object and no istiod; `done` is what was asked of kubectl. */
function clusterWith(live: LiveObject) {
  const done: string[] = [];
  const run = async (_: string, [verb = ""]: readonly string[]) => {
    done.push(verb);
    return { stdout: JSON.stringify(live), warnings: [] };
  };
  const options = {
    kubectl: { run } as unknown as Kubectl,
    istiod: async () => Promise.reject(new Failure("no pod with app=istiod")),
    ...{ rootNamespace: "istio-system", stop: new AbortController().signal, timeoutMs: 1000 },
    ...{ isDryRun: false, forceConflicts: false, force: true, progress: { show: () => {}, end: () => {} } },
  };
  return { options, done };
}

test("status tells what the cluster has all the same, and that it is not all", async () => {
  expect(await status(written(filter), clusterWith(filter).options)).toMatchObject({
    ...{ ok: false, objects: [{ result: "present", proxies: [] }] },
    messages: ["Which proxies have it is not known: no pod with app=istiod."],
  });
});

test("nothing is applied or deleted of which nobody could say what came of it", async () => {
  const { options, done } = clusterWith(filter);
  await expect(deploy(written(filter), options)).rejects.toThrow(
    "no pod with app=istiod. Nothing is applied; --no-wait",
  );
  await expect(undeploy(written(filter), options)).rejects.toThrow("istiod. Nothing is deleted; --no-wait");
  // The last of apply is the dry run.
  expect(done).toEqual(["get", "apply", "get"]);
});

test("what is not looked for in proxies does without", async () => {
  const { options } = clusterWith(configMap);
  expect(await deploy(written(configMap), options)).toMatchObject({ ok: true, objects: [{ result: "unchanged" }] });
  expect(await status(written(configMap), options)).toMatchObject({ ok: true, objects: [{ result: "present" }] });
  expect(await undeploy(written(configMap), options)).toMatchObject({ ok: true, objects: [{ result: "deleted" }] });
});
