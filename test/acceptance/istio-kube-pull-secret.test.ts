/** A module from a registry that wants a token: Istio's agent gets it with the WasmPlugin's pull secret, and only with that. */
import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { marking, modulePath } from "../istio/marking.ts";
import { isBenchSkipped, whyWithoutBench } from "../kube/available.ts";
import { KubeBench } from "../kube/bench.ts";
import type { ProxyPod } from "../kube/proxy-pod.ts";
import { whyNoOwnHosts, withHosts } from "../own-hosts.ts";
import {
  account,
  dockerRegistry,
  isRegistryRequired,
  startDockerRegistry,
  whyWithout,
} from "../registry/docker-registry.ts";
import { startTokenServer } from "../registry/token-server.ts";

/** The agent asks no token server on loopback, by address or as localhost; by another name it does. */
const registryName = "registry.test";
const namespace = "shop";
const header = "x-filtered";
const patienceMs = 30_000;

const noRegistry = dockerRegistry === undefined && !isRegistryRequired ? whyWithout.replace(": ", "") : undefined;
const why = isBenchSkipped ? whyWithoutBench : (noRegistry ?? whyNoOwnHosts());

const ends: (() => Promise<unknown>)[] = [];
let bench: KubeBench;
let pod: ProxyPod;
/** "registry.test:40000" */
let registry: string;

beforeAll(async () => {
  if (why !== undefined) return;
  const tokens = await startTokenServer(account, registryName);
  ends.push(() => tokens.stop());
  const { host, stop } = await startDockerRegistry(tokens.authentication);
  ends.push(stop);
  registry = host.replace("127.0.0.1", registryName);
  bench = await KubeBench.start();
  ends.push(() => bench.stop());
  const hosts = join(bench.folder, "hosts");
  await writeFile(hosts, `${await readFile("/etc/hosts", "utf8")}\n127.0.0.1 ${registryName}\n`);
  await push(hosts);
  pod = await bench.sidecarWithAgent({ name: "web-1", namespace, labels: { app: "web" } }, hosts);
  await bench.kubectl.run(secret("wrong", "not the password"));
  await bench.kubectl.run(secret("right", account.password));
});
beforeEach(({ skip }) => skip(why !== undefined, why));
afterAll(async () => {
  for (const end of ends.reverse()) await end();
});

const image = () => `oci://${registry}/filters/attribute-gen:1.0`;

/** With `pwk push`, which has to find the registry by its name too. */
async function push(hosts: string): Promise<void> {
  const DOCKER_CONFIG = join(bench.folder, "docker");
  await mkdir(DOCKER_CONFIG);
  const auth = Buffer.from(`${account.username}:${account.password}`).toString("base64");
  await writeFile(join(DOCKER_CONFIG, "config.json"), JSON.stringify({ auths: { [registry]: { auth } } }));
  const pwk = [process.execPath, "cli/bin/pwk.mjs", "push", image(), modulePath, "--plain-http"] as const;
  const [program, ...args] = withHosts(hosts, pwk);
  await promisify(execFile)(program, args, { env: { ...process.env, DOCKER_CONFIG } });
}

const secret = (name: string, password: string): string[] => [
  ...["create", "secret", "docker-registry", name, "--namespace", namespace],
  ...[`--docker-server=${registry}`, `--docker-username=${account.username}`, `--docker-password=${password}`],
];

/** What a request comes to. */
async function outcome() {
  const { status } = await pod.get();
  return { status, isFiltered: pod.application.take()[0]?.headers[header] !== undefined };
}

const unfiltered = { status: 200, isFiltered: false };
const refused = { status: 403, isFiltered: false };

test.each([
  ["no secret", undefined, refused],
  ["a secret with a wrong password", "wrong", refused],
  ["a secret that is not there", "absent", refused],
  ["the right secret", "right", { status: 200, isFiltered: true }],
])("kubernetes: a module from a registry with tokens, by %s", async (_, pullSecret, expected) => {
  await expect.poll(outcome, { timeout: patienceMs }).toEqual(unfiltered);
  const manifests = marking("wasmplugin", header, {
    ...{ context: "SIDECAR_INBOUND", namespace, selector: { app: "web" } },
    source: { url: image(), pullPolicy: "Always", ...(pullSecret !== undefined && { pullSecret }) },
  });
  await bench.kubectl.apply(...manifests);
  await expect.poll(outcome, { timeout: patienceMs }).toEqual(expected);
  await bench.kubectl.delete(...manifests);
});
