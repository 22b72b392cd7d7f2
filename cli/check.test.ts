/** `pwk check`: what it reads, prints and exits with. What it finds is told in check/. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "./test/pwk.ts";

let folder = "";
let manifest = "";
const wrong =
  "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nmetadata: {name: a}\nspec: {ulr: oci://a/bc:1}\n";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-check-test-"));
  manifest = join(folder, "filter.yaml");
  await writeFile(manifest, (await run([...deliver, "--host-env", "HMAC_KEY", "--config", config])).stdout);
  await mkdir(join(folder, "wrong"));
  await writeFile(join(folder, "wrong", "a.yaml"), wrong);
});
afterAll(() => rm(folder, { recursive: true }));

const deliver = ["manifest", "envoyfilter", "hmac-auth", "--namespace", "prod", "--selector", "app=httpbin"];
const config = '{"signing_key_env": "HMAC_KEY", "signature_header": "x-signature"}';

test("what pwk manifest prints is right, its module loaded with the configuration", async () => {
  const { code, stdout } = await run(["check", manifest]);
  expect(stdout).toBe("1 file: 0 errors, 0 warnings\n");
  expect(code).toBe(0);
});

test("a mistake has its place, as text and as JSON, and exit code 1", async () => {
  const file = join(folder, "wrong", "a.yaml");
  const { code, stdout } = await run(["check", join(folder, "wrong")]);
  expect(code).toBe(1);
  expect(stdout).toContain(`${file}:4:8: error: WasmPlugin a /spec/ulr: spec has no field "ulr"; did you mean "url"?`);
  const { findings } = JSON.parse((await run(["check", file, "-o", "json"])).stdout);
  expect(findings).toContainEqual(
    expect.objectContaining({ file, line: 4, column: 8, severity: "error", object: "WasmPlugin a", path: "/spec/ulr" }),
  );
});

test("a chart is to be rendered first", async () => {
  await mkdir(join(folder, "chart"));
  await writeFile(join(folder, "chart", "Chart.yaml"), "name: a\n");
  const { code, stderr } = await run(["check", join(folder, "chart")]);
  expect(stderr).toContain(`helm template ${join(folder, "chart")} | pwk check -`);
  expect(code).toBe(1);
});

test("standard input is read, and a configuration that the filter refuses is told in its words", async () => {
  const refused = await run([...deliver, "--config", '{"signing_key_env": "HMAC_KEY", "scheme": "strype"}']);
  const { code, stdout } = await run(["check", "-"], { input: refused.stdout });
  expect(code).toBe(1);
  expect(stdout).toMatch(/standard input:\d+:\d+: error: .*(scheme|strype)/);
});

test("a workload that is told makes a wrong label and port errors", async () => {
  expect((await run(["check", manifest, "--workload", "sidecar:app=httpbin:8080"])).code).toBe(0);
  const { code, stdout } = await run(["check", manifest, "--workload", "sidecar:app=shop"]);
  expect(code).toBe(1);
  expect(stdout).toContain(
    "no workload has these labels, so the filter is nowhere; there are: --workload sidecar:app=shop (app=shop)",
  );
});

test("a pwk.yaml is checked in every environment, or in one", async () => {
  const file = join(folder, "pwk.yaml");
  const filters = "filters: [{ filter: shadow-host, namespace: a, selector: { app: b } }]";
  await writeFile(file, `name: shop\n${filters}\nenvironments: { staging: {}, prod: { defaults: { port: 8080 } } }\n`);
  expect((await run(["check", "--file", file])).stdout).toBe("2 files: 0 errors, 0 warnings\n");
  const { code, stdout } = await run(["check", "--file", file, "--env", "prod", "--workload", "sidecar:app=b:80"]);
  expect(stdout).toContain(`${file} (prod):`);
  expect(stdout).toContain("no workload listens on port 8080");
  expect(code).toBe(1);
});

test("with --strict warnings are errors", async () => {
  const file = join(folder, "warned.yaml");
  const { stdout } = await run([
    "manifest",
    "wasmplugin",
    "shadow-host",
    "--namespace",
    "a",
    "--selector",
    "*",
    "--url",
    "oci://a.example/bc:latest",
  ]);
  await writeFile(file, stdout);
  expect((await run(["check", file])).code).toBe(0);
  expect((await run(["check", file, "--strict"])).code).toBe(1);
});

test.each([
  [["check", "--file", "no/pwk.yaml"], 1, "no/pwk.yaml"],
  [["check", "-", "--env", "prod"], 1, "leave the manifests away"],
  [["check", "no/such.yaml"], 1, "no/such.yaml: cannot be read"],
  [["check", "-", "--istio", "31"], 2, "expected a version of Istio such as 1.31"],
  [["check", "-", "--workload", "pod:a=b"], 2, "expected sidecar or gateway"],
  [["check", "-", "--module", "package.json"], 1, "expected a WebAssembly module"],
])("%j is refused", async (args, code, said) => {
  const result = await run(args, { input: "" });
  expect(result.stderr).toContain(said);
  expect(result.code).toBe(code);
});
