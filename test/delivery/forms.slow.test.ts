/** Kustomize and Helm make the same resources of what `pwk manifest --form` writes as `pwk manifest` makes itself. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { pwk } from "../../cli/test/pwk.ts";
import { helm, kustomize, run, withoutHelm, withoutKustomize } from "./tools.ts";

/** What is hard to say in templates and patches. */
const awkward = `
name: awkward
defaults:
  namespace: one
  selector: { app.kubernetes.io/name: web, "on": "yes" }
  module: { url: "oci://ghcr.io/acme/{filter}:{version}" }
  version: "1"
filters:
- filter: shadow-host
  name: "12-words"
  configuration: |
    { "text": "{{ .Values.none }} }} {{- end }} <b>&amp;</b> ' \\" \\\\ \\u2028 é",
      "lines": "a\\nb" }
- filter: shadow-host
  name: plugin
  target: wasmplugin
  env: { TEMPLATE: "{{ .Release.Name }}", NUMBER: "0o7" }
  configuration: { text: "{{ x }}", none: null, list: [1, 1.5, 1e10, 9007199254740991], deep: { a: { b: 1 } }, empty: {} }
- filter: shadow-host
  name: rarely
  enabled: false
- filter: shadow-host
  name: environment
  target: trafficextension
telemetry:
- name: plugin
environments:
  first:
    defaults: { port: 8080 }
    filters:
      rarely: { enabled: true, namespace: elsewhere }
      environment: { configuration: { only: here }, proxyVersion: null }
  second:
    filters:
      12-words: { configuration: "", before: istio.stats, failurePolicy: FAIL_OPEN, module: { sha256: "${"0".repeat(64)}" } }
      plugin: { configuration: { deep: { a: null, "{{": "}}" }, list: [], empty: { "a/b~c": null } }, priority: 7 }
      environment: { targetRefs: [gateway/eg, service/web] }
  third:
    defaults: { namespace: three, version: PWK_VALUE_0_ }
    filters:
      12-words: { selector: "*", env: { A: "{{" }, configuration: "lines\\n" }
      rarely: { enabled: true }
    telemetry: { plugin: { tags: { x: y } } }
`;

/** Helm takes control characters that Kustomize does not. */
const control = `
name: control
defaults: { namespace: one, selector: { app: web }, target: wasmplugin, module: { url: "oci://ghcr.io/acme/{filter}:1" } }
filters:
- { filter: shadow-host, configuration: { control: "\\u007f", "\\u0085": 1 } }
environments: { only: {} }
`;

let folder: string;
const files: Record<string, string> = { example: "test/delivery/pwk.yaml" };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-forms-"));
  files.awkward = join(folder, "awkward.yaml");
  await writeFile(files.awkward, awkward);
  files.control = join(folder, "control.yaml");
  await writeFile(files.control, control);
  files.alone = join(folder, "alone.yaml");
  await writeFile(files.alone, "name: a\nfilters: [{ filter: shadow-host, namespace: a, selector: { a: b } }]\n");
});
afterAll(() => rm(folder, { recursive: true }));

/** By kind and name, as the tools order them in their own ways. */
const resourcesIn = (yaml: string) =>
  parseAllDocuments(yaml)
    .map((document) => document.toJS())
    .filter((resource) => resource !== null)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
const keyOf = (resource: { kind: string; metadata: { name: string } }) => `${resource.kind}/${resource.metadata.name}`;

async function rendered(file: string, environment: string | null) {
  const { stdout, stderr } = await pwk(
    ...["manifest", "--file", file, "-o", "json"],
    ...(environment === null ? [] : ["--env", environment]),
  );
  expect(stderr).toBe("");
  return JSON.parse(stdout).resources.sort((one: never, other: never) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

async function written(name: string, form: string): Promise<string> {
  const out = await mkdtemp(join(folder, `${form}-`));
  expect(await pwk("manifest", "--file", files[name] ?? "", "--form", form, "--out", out)).toMatchObject({
    code: 0,
    stderr: "",
  });
  return out;
}

const cases: readonly (readonly [string, string | null])[] = [
  ["example", "staging"],
  ["example", "prod"],
  ["awkward", "first"],
  ["awkward", "second"],
  ["awkward", "third"],
  ["alone", null],
];

describe(`kustomize build${withoutKustomize}`, () => {
  test.skipIf(kustomize === undefined).each(cases)("gives the resources of %s, %s", async (name, environment) => {
    const out = await written(name, "kustomize");
    const built = run([...(kustomize ?? []), join(out, environment === null ? "base" : `overlays/${environment}`)]);
    expect(resourcesIn(built)).toEqual(await rendered(files[name] ?? "", environment));
  });
});

describe(`helm template${withoutHelm}`, () => {
  test.skipIf(helm === undefined).each([...cases, ["control", "only"] as const])(
    "gives the resources of %s, %s",
    async (name, environment) => {
      const out = await written(name, "helm");
      const values = environment === null ? [] : ["-f", join(out, `values-${environment}.yaml`)];
      const built = run([...(helm ?? []), "release", out, ...values]);
      expect(resourcesIn(built)).toEqual(await rendered(files[name] ?? "", environment));
    },
  );

  test.skipIf(helm === undefined)("without an environment's values is refused", async () => {
    const out = await written("example", "helm");
    expect(() => run([...(helm ?? []), "release", out])).toThrow(/is missing: -f values-<environment>.yaml/);
  });
});
