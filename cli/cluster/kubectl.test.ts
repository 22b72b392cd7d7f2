/** What a kubectl that fails is told as; its words are those of kubectl 1.35 and of real API servers. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Kubectl, type KubectlFailure } from "./kubectl.ts";

const before = process.env.PATH;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-kubectl-"));
  process.env.PATH = [folder, before].join(delimiter);
});
afterEach(async () => {
  process.env.PATH = before;
  await rm(folder, { recursive: true });
});

async function fake(script: string): Promise<void> {
  await writeFile(join(folder, "kubectl"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "kubectl"), 0o755);
}

const failing = (words: string) => fake(`cat >/dev/null; cat >&2 <<'END'\n${words}\nEND\nexit 1`);

const failureOf = (kubectl = new Kubectl({ limitMs: 5000 })): Promise<KubectlFailure> =>
  kubectl.run("reading", ["get"], "{}").then(
    () => expect.fail("expected a failure"),
    (error: KubectlFailure) => error,
  );

test.each([
  ['error: context "prod" does not exist', "local", 'kubectl knows no context "prod"'],
  [
    "Error in configuration: context was not found for specified context: prod",
    "local",
    'reading: kubectl knows no context "prod"',
  ],
  [
    "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
    "local",
    "kubectl knows no cluster; give --context",
  ],
  [
    'error: error loading config file "/x": yaml: line 2: mapping values are not allowed',
    "local",
    "kubectl cannot read its configuration",
  ],
  [
    "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host or port?",
    "unanswered",
    "the API server cannot be reached",
  ],
  [
    "Unable to connect to the server: dial tcp: lookup k8s.example: no such host",
    "unanswered",
    "the API server cannot be reached",
  ],
  [
    "Unable to connect to the server: net/http: request canceled (Client.Timeout exceeded while awaiting headers)",
    "unanswered",
    "has not answered in time",
  ],
  [
    'Error from server (Forbidden): envoyfilters.networking.istio.io "a" is forbidden: User "eve" cannot patch resource',
    "refused",
    'you have no right to do this: envoyfilters.networking.istio.io "a" is forbidden: User "eve"',
  ],
  [
    "error: You must be logged in to the server (Unauthorized)",
    "refused",
    "the cluster does not know you, log in again",
  ],
  ['Error from server (NotFound): namespaces "shop" not found', "refused", "kubectl create namespace shop"],
  [
    'error: resource mapping not found for name: "a" namespace: "b" from "STDIN": no matches for kind "WasmPlugin" in version "extensions.istio.io/v1alpha1"\nensure CRDs are installed first',
    "refused",
    "the cluster has no WasmPlugin of extensions.istio.io/v1alpha1",
  ],
  [
    'error: Apply failed with 1 conflict: conflict with "argocd" using networking.istio.io/v1alpha3: .spec.configPatches\nPlease review the fields above--they currently have other managers.',
    "refused",
    "argocd has set .spec.configPatches otherwise; --force-conflicts",
  ],
  [
    'error: error validating "STDIN": error validating data: failed to download openapi: Get "https://127.0.0.1:1/openapi/v2?timeout=3s": dial tcp 127.0.0.1:1: connect: connection refused; if you choose to ignore these errors, turn validation off with --validate=false',
    "local",
    "reading: the API server cannot be reached: dial tcp 127.0.0.1:1: connect: connection refused",
  ],
  [
    'Error from server (InternalError): Internal error occurred: failed calling webhook "rev.validation.istio.io": failed to call webhook: Post "https://127.0.0.1:1/validate?timeout=10s": dial tcp 127.0.0.1:1: connect: connection refused',
    "refused",
    "nothing without its webhook rev.validation.istio.io, which does not answer; does istiod run? Post",
  ],
  [
    'Error from server (Forbidden): configmaps "a" is forbidden: unable to create new content in namespace shop because it is being terminated',
    "refused",
    "reading: namespace shop is being deleted",
  ],
  [
    "Error from server (ServiceUnavailable): the server is currently unable to handle the request",
    "unanswered",
    "the API server cannot be reached",
  ],
  ["error: timed out waiting for the condition on configmaps/a", "unanswered", "reading: it is being deleted, and"],
  ['Error from server (BadRequest): error when creating "STDIN": it is odd', "refused", "reading: it is odd"],
])("%s", async (words, kind, told) => {
  await failing(`E1121 18:58:25.000000 1 memcache.go:265] "Unhandled Error"\n${words}`);
  const failure = await failureOf();
  expect(failure.kind).toBe(kind);
  expect(failure.message).toContain(told);
  expect(failure.message).not.toContain("memcache");
});

test("a kubectl that is not there is told, with what to do", async () => {
  process.env.PATH = folder;
  expect((await failureOf()).message).toContain("kubectl is not here: install it");
});

test("a kubectl that does not end is ended", async () => {
  await fake("exec sleep 60");
  const failure = await failureOf(new Kubectl({ limitMs: 200 }));
  expect(failure.kind).toBe("unanswered");
  expect(failure.message).toBe(
    "reading: the API server has not answered within 0.2 s; see kubectl cluster-info, or give --request-timeout",
  );
});

test("a program that kubectl has started and left does not hold us up", async () => {
  await fake("sleep 5 & exec sleep 5");
  const since = Date.now();
  await failureOf(new Kubectl({ limitMs: 200 }));
  expect(Date.now() - since).toBeLessThan(4000);
});

test("warnings are apart, and secrets are not repeated", async () => {
  await fake("cat; echo 'Warning: the key hunter22 is short' >&2");
  const kubectl = new Kubectl({ limitMs: 5000, secrets: ["hunter22"] });
  expect(await kubectl.run("applying", ["apply"], "{}")).toEqual({
    ...{ stdout: "{}", warnings: ["the key *** is short"] },
  });
});

test("the context and the configuration are given to it", async () => {
  await fake('cat >/dev/null; echo "$@"');
  const kubectl = new Kubectl({ limitMs: 5000, context: "prod", kubeconfig: "/k" });
  const { stdout } = await kubectl.run("reading", ["get", "pods"]);
  expect(stdout.trim()).toBe("--context prod --kubeconfig /k get pods --request-timeout=5000ms");
});
