/** What `pwk manifest` makes of a realistic pwk.yaml, to read in review; `npx vitest run --project unit test/delivery -u` writes it anew. */
import { readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { pwk } from "../../cli/test/pwk.ts";

const file = "test/delivery/pwk.yaml";
const golden = "test/delivery/rendered";
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-delivery-"));
});
afterAll(() => rm(folder, { recursive: true }));

const filesIn = (path: string): readonly string[] =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort();

/** Writes a pwk.yaml of its own and runs the command with it. */
async function manifest(text: string, ...args: string[]) {
  const path = join(await mkdtemp(join(folder, "case-")), "pwk.yaml");
  await writeFile(path, text);
  const outcome = await pwk("manifest", "--file", path, ...args);
  return { ...outcome, stderr: outcome.stderr.replaceAll(path, "pwk.yaml") };
}

describe("a folder", () => {
  test("has a file for each resource of each environment, and always the same text", async () => {
    const out = join(folder, "rendered");
    expect(await pwk("manifest", "--file", file, "--out", out)).toEqual({ code: 0, stdout: "", stderr: "" });
    const paths = filesIn(out);
    for (const path of paths)
      await expect(await readFile(join(out, path), "utf8")).toMatchFileSnapshot(join("rendered", path));
    expect(filesIn(golden)).toEqual(paths);
  });

  test("loses what is not delivered any more, and nothing of others", async () => {
    const out = join(folder, "less");
    await pwk("manifest", "--file", file, "--out", out);
    await writeFile(join(out, "staging", "mine.yaml"), "a: b\n");
    const text = "name: shop\ntelemetry: [{ name: t, namespace: a, selector: '*' }]\nenvironments: { staging: {} }\n";
    expect((await manifest(text, "--out", out, "--env", "staging")).code).toBe(0);
    expect(filesIn(join(out, "staging"))).toEqual(["mine.yaml", "telemetry-t.yaml"]);
    expect(filesIn(join(out, "prod"))).toHaveLength(5);
  });

  test("with a file of others in the way is refused", async () => {
    const out = await mkdtemp(join(folder, "others-"));
    await writeFile(join(out, "telemetry-t.yaml"), "a: b\n");
    const outcome = await manifest("name: shop\ntelemetry: [{ name: t, namespace: a, selector: '*' }]\n", "--out", out);
    expect([outcome.code, outcome.stderr]).toEqual([
      1,
      `pwk: --out: ${join(out, "telemetry-t.yaml")}: expected none, or one of this delivery, found a file of others\n`,
    ]);
  });
});

test("one environment goes to standard output, as YAML and as JSON", async () => {
  const { stdout } = await pwk("manifest", "--file", file, "--env", "staging");
  const { name, environment, resources } = JSON.parse(
    (await pwk("manifest", "--file", file, "--env", "staging", "-o", "json")).stdout,
  );
  expect([name, environment]).toEqual(["shop", "staging"]);
  expect(parseAllDocuments(stdout).map((document) => document.toJS())).toEqual(resources);
  expect(await pwk("manifest", "--file", file)).toMatchObject({
    code: 1,
    stderr: "pwk: --env: expected one of staging, prod, found none\n",
  });
});

describe("a pwk.yaml", () => {
  test("needs no more than a filter and where it goes, and no folder of filters", async () => {
    const { stdout } = await manifest("name: a\nfilters: [{ filter: shadow-host, namespace: a, selector: '*' }]\n");
    expect(parse(stdout)).toMatchObject({
      kind: "EnvoyFilter",
      metadata: { labels: { "proxy-wasm-kit.dev/delivery": "a" } },
    });
  });

  test("brings modules as files into pods: ConfigMaps, and apart from them a patch", async () => {
    const text = `
name: files
defaults: { namespace: prod, selector: { app: web }, workload: deployment/web, module: { configMap: "{filter}.wasm" } }
filters: [{ filter: shadow-host }, { filter: hmac-auth }]
`;
    const path = join(await mkdtemp(join(folder, "case-")), "pwk.yaml");
    await writeFile(path, text);
    for (const name of ["shadow-host", "hmac-auth"])
      await writeFile(join(path, "..", `${name}.wasm`), Buffer.from("\0asm\x01\0\0\0", "latin1"));
    const { stdout, stderr } = await pwk("manifest", "--file", path);
    const resources = parseAllDocuments(stdout).map((document) => document.toJS());
    expect(resources.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      ...["ConfigMap shadow-host-wasm", "ConfigMap hmac-auth-wasm", "EnvoyFilter shadow-host", "EnvoyFilter hmac-auth"],
    ]);
    expect(stderr).toContain("kubectl -n prod patch deployment web --patch-file manifests/patches/deployment-web.yaml");
    const out = join(path, "..", "manifests");
    await pwk("manifest", "--file", path, "--out", out);
    const patch = parse(await readFile(join(out, "patches", "deployment-web.yaml"), "utf8"));
    // Never to be found, and deleted, as something that is delivered.
    expect(patch.metadata).toEqual({ name: "web", namespace: "prod" });
    const mounts = JSON.parse(patch.spec.template.metadata.annotations["sidecar.istio.io/userVolumeMount"]);
    expect(mounts).toHaveLength(2);
  });

  test("brings Secrets as variables into the proxies of workloads, in one patch with their modules", async () => {
    const text = `
name: keys
defaults: { namespace: prod, selector: { app: web }, workload: deployment/web, module: { url: "oci://ghcr.io/me/a:1" } }
filters:
- { filter: hmac-auth, hostEnv: [PARTNER_KEY, { name: HMAC_KEY, secret: webhook-keys/github }] }
- { filter: shadow-host, module: { initContainer: "ghcr.io/me/files:1" } }
- { filter: attribute-gen, workload: deployment/edge, context: gateway, hostEnv: [{ name: A, secret: a/b }] }
`;
    const { stdout, stderr } = await manifest(text, "-o", "json");
    expect(stderr).toBe("");
    const { resources, patches } = JSON.parse(stdout);
    const { vm_config } = resources[0].spec.configPatches[0].patch.value.typed_config.config;
    expect(vm_config.environment_variables.host_env_keys).toEqual(["PARTNER_KEY", "HMAC_KEY"]);
    const specs = patches.map(({ spec }: { spec: { template: { spec: object } } }) => spec.template.spec);
    expect(specs).toMatchObject([
      {
        containers: [
          {
            ...{ name: "istio-proxy", image: "auto" },
            env: [{ name: "HMAC_KEY", valueFrom: { secretKeyRef: { name: "webhook-keys", key: "github" } } }],
          },
        ],
        initContainers: [{ image: "ghcr.io/me/files:1" }],
      },
      { containers: [{ name: "istio-proxy", env: [{ name: "A" }] }] },
    ]);
    expect(specs[1].containers[0]).not.toHaveProperty("image");
  });

  test("renders for every target", async () => {
    const text = `
name: all
defaults: { namespace: prod, module: { url: "oci://ghcr.io/me/a:1" } }
filters:
- { filter: shadow-host, name: a, target: trafficextension, selector: "*", phase: AUTHZ }
- { filter: shadow-host, name: b, target: extensionpolicy, targetRefs: [gateway/eg] }
- { filter: shadow-host, name: c, target: wasmplugin, targetRefs: [service/web] }
- { filter: shadow-host, name: d, target: envoy, module: { path: /etc/envoy/a.wasm } }
- { filter: other, rootId: root, selector: "*", workload: daemonset/x, module: { initContainer: "ghcr.io/me/files:1" } }
statsLoggers: [{ name: counter, selector: "*" }]
`;
    const { stdout, stderr } = await manifest(text, "-o", "json");
    expect(stderr).toBe("");
    const { resources, patches, httpFilters } = JSON.parse(stdout);
    expect(resources.map(({ kind }: { kind: string }) => kind)).toEqual([
      ...["TrafficExtension", "EnvoyExtensionPolicy", "WasmPlugin", "EnvoyFilter", "EnvoyFilter"],
    ]);
    expect(patches[0].spec.template.spec.initContainers[0].image).toBe("ghcr.io/me/files:1");
    expect(httpFilters[0].typed_config.config.vm_config.code.local.filename).toBe("/etc/envoy/a.wasm");
  });

  const place = "namespace: a, selector: { app: a }";
  test.each([
    ["name: a\nfilter: []\n", /^pwk: pwk.yaml, line 2, column 1: \/filter: expected one of name, .*, found "filter"/],
    [
      `name: a\nfilters:\n- { filter: hmac-auth, ${place}, port: "80" }\n`,
      "line 3, column 60: /filters/0/port: expected a whole number, found a text",
    ],
    [`name: a\nfilters:\n- { filter: hmac, ${place} }\n`, /line 3, column 5: .*attribute-gen, hmac-auth, shadow-host/],
    [
      "name: a\ndefaults: { namespace: A }\nfilters: [{ filter: hmac-auth, selector: '*' }]\n",
      'line 2, column 13: /defaults/namespace: expected a DNS label, found "A"',
    ],
    ["name: a\nfilters: [{ filter: hmac-auth, selector: '*' }]\n", "/filters/0/namespace: expected one, here or in"],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place} }]\nenvironments: { x: { filters: { hmac: {} } } }\n`,
      "/environments/x/filters/hmac: expected one of hmac-auth, found hmac",
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place}, module: { url: "oci://me:open-sesame@x/a:1" } }]\n`,
      "/filters/0/module/url: expected no user or password before the host",
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place}, module: { inline: none.wasm } }]\n`,
      /line 2, column .*: \/module\/inline: .*none.wasm cannot be read/,
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place}, workload: deployment/a, hostEnv: [{ name: K, secret: open-sesame }] }]\n`,
      "/filters/0/hostEnv/0/secret: expected the name of a Secret and a key in it, such as webhook-keys/github, found something else",
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place}, hostEnv: [{ name: K, secret: a/b }] }]\n`,
      "/filters/0/workload: expected the workload whose proxy gets the Secret, such as deployment/httpbin, found none",
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, target: envoy, workload: deployment/a, hostEnv: [{ name: K, secret: a/b }] }]\n`,
      "/filters/0/hostEnv/0/secret: is for Istio's proxies; give that Envoy the variable",
    ],
    ["name: a\nname: b\n", "line 2, column 1: expected YAML or JSON, found a mistake (DUPLICATE_KEY)"],
    [
      `name: a\nfilters:\n- { filter: hmac-auth, ${place}, before: shadow-host }\n- { filter: shadow-host, ${place} }\n`,
      "line 3, column 60: /filters/0/before: expected none, as hmac-auth stands before shadow-host in the file",
    ],
    [
      `name: a\nfilters:\n- { filter: hmac-auth, ${place} }\n- { filter: shadow-host, ${place}, after: hmac-auth }\n`,
      "line 4, column 62: /filters/1/after: expected a filter that the file does not deliver",
    ],
    [
      `name: a\nfilters:\n- { filter: hmac-auth, ${place} }\n- { filter: shadow-host, ${place}, after: istio.stats }\n`,
      "/filters/1/after: expected shadow-host above hmac-auth, which goes right before the router",
    ],
    [
      `name: a\nfilters: [{ filter: hmac-auth, ${place}, after: envoy.filters.http.router }]\n`,
      "/filters/0/after: expected a filter in front of the router, which is the last, found the router",
    ],
    [
      `name: a\ndefaults: { target: wasmplugin, ${place} }\nfilters:\n- { filter: attribute-gen }\n- { filter: shadow-host }\n`,
      "/filters/1/phase: expected shadow-host (AUTHN) above attribute-gen (STATS)",
    ],
  ])("that is wrong is refused with its place: %#", async (text, expected) => {
    const { code, stdout, stderr } = await manifest(text);
    expect([code, stdout]).toEqual([1, ""]);
    if (typeof expected === "string") expect(stderr).toContain(expected);
    else expect(stderr).toMatch(expected);
    expect(stderr).not.toContain("open-sesame");
  });
});
