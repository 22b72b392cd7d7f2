/** Manifests together, for an older Istio, and as YAML. */
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { checkManifests } from "./index.ts";
import {
  type Any,
  configMap,
  configOf,
  deployment,
  envoyFilter,
  extensionPolicy,
  findings,
  patchOf,
  trafficExtension,
  wasmPlugin,
} from "./test/objects.ts";

describe("with the workloads in the files", () => {
  test.each<[string, (all: { configMap: Any; deployment: Any; filter: Any }) => unknown, string]>([
    [
      "labels that no workload has",
      ({ filter }) => (filter.spec.workloadSelector.labels.app = "htpbin"),
      "there are: Deployment prod/httpbin (app=httpbin)",
    ],
    [
      "a gateway's context",
      ({ filter }) => (patchOf(filter).match.context = "GATEWAY"),
      "as Deployment prod/httpbin is a sidecar",
    ],
    [
      "a port that nobody listens on",
      ({ filter }) => (patchOf(filter).match.listener.portNumber = 80),
      "expected the container's port, 8080",
    ],
    [
      "a file that is not mounted",
      ({ filter }) => (configOf(filter).vm_config.code.local.filename = "/other/attribute-gen.wasm"),
      "mounts nothing at",
    ],
    [
      "a file that the config map lacks",
      ({ filter }) => (configOf(filter).vm_config.code.local.filename = "/wasm/plugin.wasm"),
      'has no "plugin.wasm"',
    ],
    [
      "a slip in the annotation",
      ({ deployment }) => {
        const { annotations } = deployment.spec.template.metadata;
        annotations["sidecar.istio.io/userVolumes"] = annotations["sidecar.istio.io/userVolume"];
      },
      'did you mean "sidecar.istio.io/userVolume"?',
    ],
    [
      "an annotation that is no JSON",
      ({ deployment }) => {
        deployment.spec.template.metadata.annotations["sidecar.istio.io/userVolume"] = "[{]";
      },
      "expected JSON",
    ],
    [
      "a module as text",
      ({ configMap }) => {
        configMap.data = { "other.wasm": "AGFzbQ==" };
      },
      "expected a module under binaryData",
    ],
    [
      "a config map that is too large",
      ({ configMap }) => {
        configMap.binaryData["b.bin"] = Buffer.alloc(1024 * 1024).toString("base64");
      },
      "expected at most 1048576 bytes",
    ],
    [
      "one name twice",
      ({ filter, configMap }) => Object.assign(configMap, structuredClone(filter)),
      'found "attribute-gen" twice',
    ],
  ])("%s", async (_title, change, said) => {
    const all = { configMap: configMap(), deployment: deployment(), filter: envoyFilter() };
    change(all);
    expect((await findings(Object.values(all))).join("\n")).toContain(said);
  });
});

describe("for an older Istio", () => {
  test.each<[number, () => Any, (object: Any) => unknown, string]>([
    [26, envoyFilter, (o) => (configOf(o).allow_on_headers_stop_iteration = true), "which is Istio 1.27"],
    [29, trafficExtension, () => {}, "from 1.30 on"],
    [30, envoyFilter, (o) => (patchOf(o).patch.operation = "MERGE_AND_REPLACE_LIST"), "from 1.31 on"],
  ])("1.%d", async (minor, make, change, said) => {
    const object = make();
    change(object);
    expect((await findings([object], minor)).join("\n")).toContain(said);
  });
});

describe("YAML is read as Istio reads it", () => {
  const check = async (text: string) =>
    (await checkManifests([{ name: "m.yaml", text }])).map(
      ({ line, column, message }) => `${line}:${column} ${message}`,
    );
  test("words that are booleans there, numbers that are texts", async () => {
    const yaml = stringify(wasmPlugin()).replace("value: a", "value: y").replace("name: LEVEL", "name: 12:30");
    expect((await check(yaml)).join("\n")).toContain("expected a text, in quotes, found true");
    expect((await check(yaml)).join("\n")).not.toContain("found a number");
  });
  test("what is no YAML is told with its place and without its text", async () => {
    expect(await check("a: [secret\nb: }")).toEqual([expect.stringMatching(/^2:\d+ expected YAML, found a mistake/)]);
    expect(await check("a: 1\na: 2")).toEqual([
      expect.stringContaining("expected YAML, found a mistake (DUPLICATE_KEY)"),
    ]);
  });
  test("what is to be rendered first is told so, at its place", async () => {
    expect(await check("metadata:\n  name: {{ .Values.name }}\n")).toEqual([
      expect.stringMatching(/^2:10 expected keys that are plain texts, .* a template is to be rendered first/),
    ]);
    expect(await check("a:\n\t- b\n")).toEqual([expect.stringContaining("indent with blanks, not with tabs")]);
  });
  test("an alias has an anchor before it, and does not stand in what it means", async () => {
    expect(await check("a: *b\n")).toEqual(["1:4 expected an anchor &b before this alias, found none"]);
    expect(await check("a: &a\n  b: *a\n")).toEqual([
      "2:6 expected an alias of something before it, found *a inside of &a",
    ]);
  });
  test("one anchor may have many aliases", async () => {
    const object = stringify(wasmPlugin()).replace("  match:", "  match: &m");
    const others = Array.from({ length: 150 }, (_, i) =>
      stringify({ ...wasmPlugin(), metadata: { name: `a${i}` } }).replace(/ {2}match:\n( {4}.*\n)+/, "  match: *m\n"),
    );
    const items = [object, ...others].map((text) => `- ${text.trimEnd().replaceAll("\n", "\n  ")}\n`);
    expect(await check(`apiVersion: v1\nkind: List\nitems:\n${items.join("")}`)).toEqual([]);
  });
  test("no URL is told with its user and password", async () => {
    for (const url of ["file://bob:hunter2@x/", "docker://bob:hunter2@x/a", "bob:hunter2@x.io/B:1?token=hunter2"])
      expect((await check(stringify({ ...wasmPlugin(), spec: { url } }))).join("\n")).not.toContain("hunter2");
    const policy = extensionPolicy();
    policy.spec.wasm[0].code.image.url = "bob:hunter2@x.io/ab:1?token=hunter2";
    const said = (await check(stringify(policy))).join("\n");
    expect(said).toContain("...@x.io/ab:1?...");
    expect(said).not.toContain("hunter2");
  });
  test("names that objects of JavaScript have are names as others are", async () => {
    const filter = envoyFilter();
    patchOf(filter).applyTo = "constructor";
    const texts = [filter, { ...filter, kind: "constructor" }].map((each) => stringify(each));
    for (const text of texts)
      expect((await check(text)).join("\n")).toMatch(/found "constructor"|no kind "constructor"/);
    const map = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { constructor: "b" } };
    expect(await check(stringify(map))).toEqual([]);
  });
  test("what is no object is refused, and nothing is nothing", async () => {
    expect(await check("- a")).toEqual([expect.stringContaining("expected an object of Kubernetes")]);
    expect(await check("a: 1")).toEqual([expect.stringContaining("expected apiVersion and kind")]);
    expect(await check("---\n# nothing\n---\n")).toEqual([]);
  });
});
