/** `pwk doctor` on machines that have little: a PATH of fakes. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { run } from "../test/pwk.ts";
import type { Finding } from "./check.ts";
import { node } from "./checks.ts";

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-doctor-"));
  await mkdir(join(folder, "config"));
  env = {
    PATH: folder,
    ENVOY_BIN: "",
    PWK_CACHE: join(folder, "cache"),
    DOCKER_CONFIG: join(folder, "config"),
  };
});
afterEach(() => rm(folder, { recursive: true }));

async function program(name: string, script: string): Promise<void> {
  await writeFile(join(folder, name), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, name), 0o755);
}
const dockerConfig = (text: string) => writeFile(join(folder, "config", "config.json"), text);

async function doctor(): Promise<{ code: number | null; of(name: string): Finding | undefined }> {
  const { code, stdout } = await run(["doctor", "-o", "json"], { env });
  const findings = JSON.parse(stdout) as Finding[];
  return { code, of: (name) => findings.find((finding) => finding.name === name) };
}

test("an empty machine: says what to do about everything, and that pwk itself works", async () => {
  const { code, of } = await doctor();
  expect(code).toBe(0);
  expect(of("node")).toMatchObject({ status: "ok", found: process.versions.node, remedy: null });
  expect(of("asc")).toMatchObject({ status: "ok", remedy: null });
  expect(of("envoy")).toMatchObject({ status: "optional", found: expect.stringMatching(/python3.*cannot be run/) });
  expect(of("pip")).toMatchObject({ status: "optional", found: "no python3" });
  for (const name of ["kubectl", "istioctl", "docker", "docker compose"]) {
    expect(of(name)).toMatchObject({ status: "optional", remedy: expect.stringMatching(/^install .*https:/) });
  }
  expect(of("registry credentials")).toMatchObject({ status: "optional", remedy: "docker login <registry>" });
});

test("programs that answer are here, and their version is told", async () => {
  await program("kubectl", 'echo "Client Version: v1.33"');
  await program("istioctl", "echo 1.31.0");
  await program("docker", '[ "$1" = compose ] && exit 1; echo Docker version 28');
  await program("envoy", 'echo "envoy  version: 0123abcd/9.8.7/Clean/RELEASE/BoringSSL"');
  const { of } = await doctor();
  expect(of("kubectl")).toMatchObject({ status: "ok", found: "Client Version: v1.33" });
  expect(of("istioctl")).toMatchObject({ status: "ok", found: "1.31.0" });
  expect(of("docker")).toMatchObject({ status: "ok", found: "Docker version 28" });
  expect(of("docker compose")).toMatchObject({ status: "optional" });
  expect(of("envoy")).toMatchObject({ status: "ok", found: expect.stringMatching(/^9\.8\.7, PATH: /) });
});

test("an Envoy that pip could install is not installed", async () => {
  await program("python3", '[ "$3" = --version ] && echo pip 25 && exit 0; [ "$4" = --version ] && exit 0; exit 1');
  const { of } = await doctor();
  expect(of("pip")).toMatchObject({ status: "ok", found: "pip 25" });
  expect(of("envoy")).toMatchObject({ status: "optional", found: "none yet" });
});

test("python3 without pip is told apart from none", async () => {
  await program("python3", '[ "$1" = --version ] && echo Python 3.13 && exit 0; exit 1');
  expect((await doctor()).of("pip")).toMatchObject({ status: "optional", found: "Python 3.13 without pip" });
});

test("an ENVOY_BIN that is none says so", async () => {
  env.ENVOY_BIN = join(folder, "nothing");
  const { of } = await doctor();
  expect(of("envoy")).toMatchObject({ status: "optional", remedy: "set it to an Envoy, or unset it" });
});

describe("registry credentials", () => {
  const found = async (text: string) => {
    await dockerConfig(text);
    return (await doctor()).of("registry credentials");
  };

  test("name the registries, and no secret", async () => {
    const finding = await found('{"auths": {"ghcr.io": {"auth": "bWU6czNjcmV0"}}}');
    expect(finding).toMatchObject({ status: "ok", found: expect.stringMatching(/^of ghcr\.io in /) });
    expect(JSON.stringify(finding)).not.toContain("bWU6czNjcmV0");
  });

  test("in a broken file, whose text is not printed", async () => {
    const finding = await found('{"auths": "s3cret');
    expect(finding).toMatchObject({ status: "optional", found: expect.stringContaining("expected a JSON object") });
    expect(JSON.stringify(finding)).not.toContain("s3cret");
  });

  test("with a helper that is not installed", async () => {
    const finding = await found('{"credsStore": "keychain"}');
    expect(finding?.found).toMatch(/names docker-credential-keychain, which is not on the PATH$/);
    await program("docker-credential-keychain", "exit 1");
    expect((await doctor()).of("registry credentials")).toMatchObject({ status: "ok" });
  });
});

test.each([
  ["20.18.3", "missing"],
  ["20.19.0", "ok"],
  ["20.20.2", "ok"],
  ["24.0.0", "ok"],
  ["9.11.2", "missing"],
])("Node %s is %s", (version, status) => {
  expect(node(version)).toMatchObject({ status });
});

test("the text has a mark, what is missing for what, and what to do", async () => {
  const { stdout } = await run(["doctor"], { env });
  expect(stdout).toMatch(/^✓ node +\d/m);
  expect(stdout).toMatch(/^- kubectl +kubectl version --client does not answer\n +for: .*\n +do: +install it/m);
});
