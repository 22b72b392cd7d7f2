/** `pwk deploy`, `status` and `undeploy` as their users run them, before a real API server, istiod and Envoys. */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type DeliveryPlan, deliveryModes, toYaml } from "@proxy-wasm-kit/deliver";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type Outcome, run as runPwk } from "../../cli/test/pwk.ts";
import { isBenchSkipped, whyWithoutBench } from "../kube/available.ts";
import { KubeBench } from "../kube/bench.ts";
import { podObject, runningAt } from "../kube/objects.ts";
import { forwardingKubectl, gatedKubectl } from "../kube/other-kubectl.ts";
import type { ProxyPod } from "../kube/proxy-pod.ts";

const namespace = "shop";
const header = "x-filtered-by";

/** Requests get the header with this value. */
const plan = (value: string, changes: Partial<DeliveryPlan> = {}): DeliveryPlan => ({
  ...{ name: "tag", namespace, selector: { app: "web" }, context: "SIDECAR_INBOUND" },
  ...{ modulePath: resolve("dist/attribute-gen.wasm"), rootId: "attribute-gen" },
  configuration: {
    attributes: [{ output_attribute: "a", phase: "ON_REQUEST", default: value, request_header: header }],
  },
  ...changes,
});

const manifest = (of: DeliveryPlan, mode = "envoyfilter"): string =>
  toYaml(deliveryModes.find(({ name }) => name === mode)?.resources(of) ?? []);

let bench: KubeBench;
let web: ProxyPod;
let other: ProxyPod;
beforeAll(async () => {
  if (isBenchSkipped) return;
  bench = await KubeBench.start();
  [web, other] = await Promise.all([
    bench.sidecar({ name: "web-1", namespace, labels: { app: "web" } }),
    bench.sidecar({ name: "other-1", namespace, labels: { app: "other" } }),
  ]);
});
beforeEach(({ skip }) => skip(isBenchSkipped, whyWithoutBench));
afterEach(async () => {
  const kinds = "envoyfilters,wasmplugins,trafficextensions,configmaps";
  await bench?.kubectl.run(["delete", kinds, "--all", "--namespace", namespace]);
});
afterAll(() => bench?.stop());

const pwk = (
  args: readonly string[],
  input: string,
  environment: Readonly<Record<string, string>> = bench.kubectl.environment,
) => runPwk(args, { env: environment, input });

const atIstiod = () => ["--istiod", bench.istiod.url];
const deploy = (input: string, ...args: string[]) => pwk(["deploy", "-", ...atIstiod(), ...args], input);
/** What the check takes two seconds for is told by the tests of `pwk check`. */
const apply = (input: string, ...args: string[]) => deploy(input, "--no-check", ...args);
const status = (input: string, ...args: string[]) => pwk(["status", "-", ...atIstiod(), ...args], input);
const undeploy = (input: string, ...args: string[]) => pwk(["undeploy", "-", ...atIstiod(), ...args], input);

/** The first line that has these words, for what it is to say. */
const lineWith = ({ stdout, stderr }: Outcome, words: string) =>
  `${stdout}${stderr}`
    .split("\n")
    .find((line) => line.includes(words))
    ?.trim();

const tagOf = async (of: ProxyPod) => {
  const { status: code } = await of.get();
  return code === 200 ? of.application.take()[0]?.headers[header] : code;
};

const names = (kind: string) =>
  bench.kubectl.run(["get", kind, "--namespace", namespace, "--output", "jsonpath={.items[*].metadata.name}"]);

test("kubernetes: deploy: the filter is in the traffic when it says so; status, undeploy", async () => {
  expect(lineWith(await status(manifest(plan("a"))), "EnvoyFilter")).toBe("EnvoyFilter shop/tag: absent");
  // Envoy keeps a VM for a while: the first configuration must count again.
  for (const [value, result] of [
    ["a", "created"],
    ["b", "changed"],
    ["a", "changed"],
    ["a", "unchanged"],
  ] as const) {
    const run = await apply(manifest(plan(value)));
    expect(run).toMatchObject({ code: 0, stdout: `EnvoyFilter shop/tag: ${result}\n  shop/web-1 has it\n` });
    expect(await tagOf(web)).toBe(value);
  }
  expect(await tagOf(other)).toBeUndefined();
  expect(await status(manifest(plan("a")))).toMatchObject({
    ...{ code: 0, stdout: "EnvoyFilter shop/tag: present\n  shop/web-1 has it\n" },
  });
  const differs = await status(manifest(plan("b")));
  expect(differs.code).toBe(1);
  expect(lineWith(differs, "EnvoyFilter")).toBe("EnvoyFilter shop/tag: differs: spec.configPatches");
  const gone = await undeploy(manifest(plan("a")));
  expect(gone).toMatchObject({ code: 0, stdout: "EnvoyFilter shop/tag: deleted\n  shop/web-1 no longer has it\n" });
  expect(await tagOf(web)).toBeUndefined();
  expect(lineWith(await undeploy(manifest(plan("a"))), "EnvoyFilter")).toBe("EnvoyFilter shop/tag: was not there");
});

test.each(["wasmplugin", "trafficextension"])("kubernetes: deploy: a %s too", async (mode) => {
  for (const value of ["a", "b"]) {
    const run = await apply(manifest(plan(value), mode));
    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(lineWith(run, "web-1")).toBe("shop/web-1 has it");
    expect(await tagOf(web)).toBe(value);
  }
  // A label alone is a version that istiod does not send.
  const kind = mode === "wasmplugin" ? "wasmplugin" : "trafficextension";
  await bench.kubectl.run(["label", kind, "tag", "--namespace", namespace, "team=a"]);
  expect(lineWith(await status(manifest(plan("b"), mode)), "web-1")).toBe("shop/web-1 has it");
  const gone = await undeploy(manifest(plan("b"), mode), "--force");
  expect(gone.code, gone.stdout + gone.stderr).toBe(0);
  expect(await tagOf(web)).toBeUndefined();
});

test("kubernetes: deploy: a typo is told before kubectl is there, and by the API server where nobody checks", async () => {
  const typo = manifest(plan("a")).replace("labels:", "label:");
  const checked = await pwk(["deploy", "-"], typo, { PATH: "/nowhere" });
  expect(checked).toMatchObject({ code: 1, stdout: expect.stringContaining('"label"') });
  const good = manifest(plan("a", { name: "good" }));
  const unchecked = await apply(`${good}---\n${typo}`);
  expect(unchecked.code).toBe(1);
  expect(lineWith(unchecked, "good")).toBe("EnvoyFilter shop/good: accepted");
  expect(lineWith(unchecked, "shop/tag")).toContain(".spec.workloadSelector.label: field not declared in schema");
  expect(await names("envoyfilters")).toBe("");
});

test("kubernetes: deploy: nothing is applied with --dry-run, nor with a warning of the API server", async () => {
  expect(await deploy(manifest(plan("a")), "--dry-run")).toMatchObject({ code: 0 });
  const warned = await apply(manifest(plan("a")).replace("root_id:", "rootid:"));
  expect(warned).toMatchObject({ code: 1, stdout: expect.stringContaining('unknown field "rootid"') });
  expect(await names("envoyfilters")).toBe("");
});

test("kubernetes: deploy: what the cluster lacks is told", async () => {
  const nowhere = await apply(manifest(plan("a", { namespace: "nowhere" })));
  expect(nowhere).toMatchObject({ code: 1, stdout: expect.stringContaining("kubectl create namespace nowhere") });
  const astray = await apply(manifest(plan("a", { selector: { app: "shop" } })));
  expect(astray.code).toBe(0);
  expect(lineWith(astray, "warning")).toBe("warning: is for no proxy that is there: app=shop in shop; it does nothing");
  const beside = await apply(manifest(plan("a", { context: "GATEWAY" })));
  expect(lineWith(beside, "warning")).toContain(
    "none of its patches has a context of the proxies there: app=web in shop",
  );
  const blind = await pwk(
    ["deploy", "-", "--no-check", "--istiod", "http://127.0.0.1:9"],
    manifest(plan("b", { name: "b" })),
  );
  expect(blind).toMatchObject({ code: 1, stderr: expect.stringContaining("Nothing is applied; --no-wait") });
  expect(await names("envoyfilters")).toBe("tag");
});

test("kubernetes: deploy: a proxy that refuses is told, in its words", async () => {
  expect((await apply(manifest(plan("a")))).code).toBe(0);
  const absent = manifest(plan("b", { modulePath: "/no/such.wasm" }));
  const run = await apply(absent, "-o", "json");
  expect(run.code).toBe(1);
  const [{ proxies }] = JSON.parse(run.stdout).objects;
  expect(proxies).toEqual([
    { pod: "web-1", namespace, state: "refused", message: expect.stringContaining("/no/such.wasm") },
  ]);
  expect(lineWith(await status(absent), "web-1")).toMatch(/^shop\/web-1 refuses its new configuration.*such\.wasm/);
  expect(await tagOf(web)).toBe("a");
  expect((await apply(manifest(plan("c")))).code).toBe(0);
  expect(await tagOf(web)).toBe("c");
});

test("kubernetes: deploy: what a pwk.yaml delivers, and the same is taken away", async () => {
  const file = join(bench.folder, "pwk.yaml");
  const filter = {
    ...{ filter: "attribute-gen", target: "wasmplugin", module: { path: resolve("dist/attribute-gen.wasm") } },
    configuration: plan("a").configuration,
  };
  const environments = { staging: { defaults: { namespace, selector: { app: "web" } } }, prod: {} };
  // JSON is YAML.
  await writeFile(file, JSON.stringify({ name: "shop", filters: [filter], environments }));
  const args = ["--file", file, "--env", "staging", ...atIstiod()];
  const run = await pwk(["deploy", ...args], "");
  expect(run.code, run.stdout + run.stderr).toBe(0);
  expect(lineWith(run, "web-1")).toBe("shop/web-1 has it");
  expect(await tagOf(web)).toBe("a");
  // It is known by its label.
  await bench.kubectl.run(["annotate", "wasmplugins", "--all", "--namespace", namespace, "seen=yes"]);
  expect((await pwk(["undeploy", ...args], "")).code).toBe(0);
  expect(await names("wasmplugins")).toBe("");
});

test("kubernetes: deploy: two at once do no harm, and each says what is true", async () => {
  const same = await Promise.all([apply(manifest(plan("a"))), apply(manifest(plan("a")))]);
  expect(same.map(({ code }) => code)).toEqual([0, 0]);
  const runs = await Promise.all([apply(manifest(plan("b"))), apply(manifest(plan("c")))]);
  const tag = await tagOf(web);
  expect(["b", "c"]).toContain(tag);
  expect(runs[tag === "b" ? 0 : 1].code).toBe(0);
});

test("kubernetes: undeploy: what somebody else has made stays, and so does what is not named", async () => {
  const theirs = manifest(plan("a", { name: "theirs" }));
  await bench.kubectl.run(["apply", "--filename", "-"], theirs);
  expect((await apply(manifest(plan("a")))).code).toBe(0);
  const refused = await undeploy(`${manifest(plan("a"))}---\n${theirs}`);
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("EnvoyFilter shop/theirs: pwk has not made it"),
  });
  expect(await names("envoyfilters")).toBe("tag theirs");
  expect((await undeploy(manifest(plan("a")))).code).toBe(0);
  expect(await names("envoyfilters")).toBe("theirs");
});

test("kubernetes: deploy: fields of another manager are not taken over without a word", async () => {
  await bench.kubectl.run(
    ["apply", "--server-side", "--field-manager", "argocd", "--filename", "-"],
    manifest(plan("a")),
  );
  const run = await apply(manifest(plan("b")));
  expect(run.code).toBe(1);
  expect(lineWith(run, "shop/tag")).toBe(
    "EnvoyFilter shop/tag: refused: argocd has set .spec.configPatches otherwise; --force-conflicts takes them over",
  );
  expect((await apply(manifest(plan("b")), "--force-conflicts")).code).toBe(0);
  expect(await tagOf(web)).toBe("b");
});

test("kubernetes: deploy: istiod is reached through kubectl port-forward", async () => {
  await bench.kubectl.apply(podObject({ name: "istiod-1", namespace: "istio-system", labels: { app: "istiod" } }));
  const patch = ["--subresource=status", "--type=merge", "--patch", JSON.stringify(runningAt("192.0.2.99"))];
  await bench.kubectl.run(["patch", "pod", "istiod-1", "--namespace", "istio-system", ...patch]);
  const { environment } = await forwardingKubectl(bench.kubectl, join(bench.folder, "forwarding"), bench.istiod.url);
  const run = await pwk(["deploy", "-"], manifest(plan("a")), environment);
  expect(run).toMatchObject({ code: 0, stdout: "EnvoyFilter shop/tag: created\n  shop/web-1 has it\n" });
});

const three = () => ["one", "two", "three"].map((name) => manifest(plan(name, { name }))).join("---\n");
const interrupted = {
  "goes away": {
    stop: () => bench.apiServer.stop(),
    start: () => bench.apiServer.restart(),
    told: "not applied: the API server cannot be reached",
  },
  hangs: {
    stop: async () => bench.apiServer.pause(),
    start: async () => bench.apiServer.resume(),
    told: "perhaps applied: the API server has not answered",
  },
};

test.each(Object.entries(interrupted))(
  "kubernetes: deploy: an API server that %s in the middle",
  async (_, { stop, start, told }) => {
    const gate = await gatedKubectl(bench.kubectl, join(bench.folder, "gated"));
    const args = ["deploy", "-", ...atIstiod(), "--request-timeout", "3s", "--no-check"];
    const running = pwk(args, three(), gate.environment);
    await gate.reached();
    await stop();
    const since = Date.now();
    await gate.open();
    const run = await running;
    expect(Date.now() - since).toBeLessThan(10_000);
    await start();
    expect(run.code).toBe(1);
    expect(lineWith(run, "shop/one")).toBe("EnvoyFilter shop/one: created");
    expect(lineWith(run, "shop/two")).toContain(`EnvoyFilter shop/two: ${told}`);
    expect(lineWith(run, "shop/three")).toBe("EnvoyFilter shop/three: not applied");
    expect(lineWith(run, "goes on")).toContain("The same command again");
    // Istiod may take its time to come back to the server.
    const again = await apply(three(), "--no-wait");
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect(lineWith(again, "shop/one")).toBe("EnvoyFilter shop/one: unchanged");
  },
);
