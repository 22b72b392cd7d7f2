/** A real Kubernetes API server with Istio's webhook takes what a pwk.yaml makes, and `pwk manifest --diff cluster` asks it. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { run } from "../../cli/test/pwk.ts";
import { isBenchSkipped, whyWithoutBench } from "../kube/available.ts";
import { KubeBench } from "../kube/bench.ts";
import { namespace } from "../kube/objects.ts";

let bench: KubeBench;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-delivery-file-"));
  if (isBenchSkipped) return;
  bench = await KubeBench.start();
  await bench.kubectl.apply(namespace("shop"), namespace("shop-staging"));
});
beforeEach(({ skip }) => skip(isBenchSkipped, whyWithoutBench));
afterAll(async () => {
  await bench?.stop();
  await rm(folder, { recursive: true });
});

const file = "test/delivery/pwk.yaml";
const manifest = (path: string, ...args: string[]) =>
  run(["manifest", "--file", path, ...args], { env: bench.kubectl.environment });

test("what is applied is found by its labels, and is what the diff is against", async () => {
  const { stdout } = await manifest(file, "--env", "prod");
  await bench.kubectl.run(["apply", "--server-side", "-f", "-"], stdout);
  const label = "proxy-wasm-kit.dev/delivery=shop,proxy-wasm-kit.dev/environment=prod";
  const kinds = "envoyfilters,wasmplugins,telemetries";
  const found = await bench.kubectl.run(["get", kinds, "-A", "-l", label, "-o", "name"]);
  expect(found.trim().split("\n")).toHaveLength(5);

  const diff = (path: string, ...args: string[]) => manifest(path, "--diff", "cluster", "--exit-code", ...args);
  expect(await diff(file, "--env", "prod")).toMatchObject({ code: 0, stdout: "nothing would change\n" });
  const changed = join(folder, "pwk.yaml");
  const text = await readFile(file, "utf8");
  await writeFile(changed, text.replace("percent: 5", "percent: 10"));
  await writeFile(join(folder, "operations.yaml"), await readFile("test/delivery/operations.yaml"));
  const { code, stdout: shown } = await diff(changed, "--env", "prod");
  expect(code).toBe(1);
  expect(shown).toMatch(/^- +numerator: 50000\n\+ +numerator: 100000$/m);
  expect(shown.match(/^diff /gm)).toHaveLength(1);
});

test("a base and overlays are applied by kubectl itself", async () => {
  const out = join(folder, "k");
  expect(await manifest(file, "--form", "kustomize", "--out", out)).toMatchObject({ code: 0, stderr: "" });
  await bench.kubectl.run(["apply", "--server-side", "-k", join(out, "overlays", "staging")]);
  expect(await manifest(file, "--env", "staging", "--diff", "cluster")).toMatchObject({
    code: 0,
    stdout: "nothing would change\n",
  });
});
