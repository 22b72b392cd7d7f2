/** `pwk package`, `push` and `pull` as a user meets them, with a real registry. `npm test` builds the bundle before. */
import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { mediaTypes, packageModule } from "@proxy-wasm-kit/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Instead, startRegistry } from "../registry/test/memory-registry.ts";
import { answer } from "../registry/test/scripted-server.ts";
import {
  account,
  type DockerRegistry,
  dockerRegistry,
  isRegistryRequired,
  startDockerRegistry,
  whyWithout,
} from "../test/registry/docker-registry.ts";
import { startTokenServer, type TokenServer } from "../test/registry/token-server.ts";
import { pwk, run } from "./test/pwk.ts";

const wasm = "dist/hmac-auth.wasm";
const digestPattern = "sha256:[0-9a-f]{64}";
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "pwk-image-"));
  // Nothing of whoever runs the tests.
  process.env.DOCKER_CONFIG = join(folder, "none");
});
afterAll(async () => {
  delete process.env.DOCKER_CONFIG;
  await rm(folder, { recursive: true });
});

describe("pwk package", () => {
  test("writes a layout and prints its digest last", async () => {
    const out = join(folder, "image");
    const { code, stdout, stderr } = await pwk("package", wasm, "--out", out);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(
      new RegExp(`^${out}  compat image, [\\d,]+ B, of a module of [\\d,]+ B\\n${digestPattern}\\n$`),
    );
    const digest = stdout.trim().split("\n").at(-1);
    const index = JSON.parse(await readFile(join(out, "index.json"), "utf8")) as { manifests: { digest: string }[] };
    expect(index.manifests.map((manifest) => manifest.digest)).toEqual([digest]);
  });

  test("-o json has what manifests and catalogues need", async () => {
    const out = join(folder, "image.tar");
    const told = [
      "--source",
      "https://a.example/b",
      "--revision",
      "abc",
      "--image-version",
      "1.0",
      "--annotation",
      "a=b=c",
    ];
    const { stdout } = await pwk("package", wasm, "--out", out, "--variant", "docker", ...told, "-o", "json");
    expect(JSON.parse(stdout)).toEqual({
      image: out,
      digest: expect.stringMatching(new RegExp(`^${digestPattern}$`)) as string,
      mediaType: mediaTypes.dockerManifest,
      variant: "docker",
      bytes: expect.any(Number) as number,
      layers: [
        { mediaType: mediaTypes.dockerLayer, digest: expect.any(String) as string, size: expect.any(Number) as number },
      ],
      module: { digest: expect.any(String) as string, bytes: (await readFile(wasm)).length },
      annotations: {
        a: "b=c",
        "io.github.proxy-wasm.abi-version": "0.2.1",
        "module.wasm.image/variant": "compat",
        "org.opencontainers.image.revision": "abc",
        "org.opencontainers.image.source": "https://a.example/b",
        "org.opencontainers.image.title": "hmac-auth",
        "org.opencontainers.image.version": "1.0",
      },
    });
  });

  test("what Envoy would not load makes no image", async () => {
    const file = join(folder, "empty.wasm");
    await writeFile(file, Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    const plain = join(folder, "plain.wasm");
    await writeFile(plain, "no module");
    expect((await pwk("package", file)).stderr).toContain("expected a module of the Proxy-Wasm ABI");
    expect((await pwk("package", plain)).stderr).toContain("expected a WebAssembly module");
    expect(await pwk("package", join(folder, "absent.wasm"))).toMatchObject({ code: 1 });
    expect(await pwk("package", wasm, "--variant", "artifact")).toMatchObject({ code: 2 });
    expect((await readdir(folder)).filter((name) => name.startsWith("empty.") || name.startsWith("plain."))).toEqual([
      "empty.wasm",
      "plain.wasm",
    ]);
  });
});

describe.skipIf(dockerRegistry === undefined && !isRegistryRequired)(`a registry${whyWithout}`, () => {
  const { username, password } = account;
  let open: DockerRegistry;
  let basic: DockerRegistry;
  let bearer: DockerRegistry;
  let tokens: TokenServer;

  beforeAll(async () => {
    tokens = await startTokenServer(account);
    open = await startDockerRegistry();
    basic = await startDockerRegistry("basic");
    bearer = await startDockerRegistry(tokens.authentication);
  });
  afterAll(async () => {
    // Whatever has started before one did not.
    for (const server of [open, basic, bearer, tokens]) await server?.stop();
  });

  const pushTo = (host: string, env = {}, source = wasm) =>
    run(["push", `oci://${host}/filters/hmac-auth:1`, source, "--plain-http"], { env });
  const pullFrom = (reference: string, out: string, env = {}) =>
    run(["pull", reference, "--out", join(folder, out), "--plain-http"], { env });

  /** A folder for $DOCKER_CONFIG. */
  async function dockerConfig(name: string, config: unknown): Promise<{ DOCKER_CONFIG: string }> {
    const directory = join(folder, name);
    await mkdir(directory);
    await writeFile(join(directory, "config.json"), JSON.stringify(config));
    return { DOCKER_CONFIG: directory };
  }
  const auths = (host: string, text: string) => ({
    auths: { [host]: { auth: Buffer.from(`${username}:${text}`).toString("base64") } },
  });

  test("what is pushed is pulled again, by tag and by the digest that push prints last", async () => {
    const pushed = await pushTo(open.host);
    expect(pushed).toMatchObject({ code: 0 });
    expect(pushed.stderr).toMatch(/^(sha256:[0-9a-f]{12} +[\d,]+ B {2}pushed\n){2}$/);
    const reference = pushed.stdout.trim().split("\n").at(-1) ?? "";
    expect(reference).toMatch(new RegExp(`^oci://${open.host}/filters/hmac-auth@${digestPattern}$`));
    for (const [i, from] of [reference, `oci://${open.host}/filters/hmac-auth:1`].entries()) {
      const { code, stdout } = await pullFrom(from, `pulled-${i}.wasm`);
      expect({ code, last: stdout.trim().split("\n").at(-1) }).toEqual({ code: 0, last: reference });
      expect(await readFile(join(folder, `pulled-${i}.wasm`))).toEqual(await readFile(wasm));
    }
    expect((await pushTo(open.host)).stderr).toMatch(/^(.* there already\n){2}$/);
  });

  test("an image that was packaged is pushed and pulled as it is", async () => {
    const out = join(folder, "packaged.tar");
    const { stdout } = await pwk("package", wasm, "--out", out, "--variant", "oci");
    const digest = stdout.trim().split("\n").at(-1) ?? "";
    expect((await pushTo(open.host, {}, out)).stdout).toContain(digest);
    expect((await pullFrom(`oci://${open.host}/filters/hmac-auth:1`, "layout")).stdout).toContain(digest);
    expect((await pushTo(open.host, {}, join(folder, "layout"))).stdout).toContain(digest);
    const mixed = await run(["push", `oci://${open.host}/filters/a:1`, out, "--variant", "compat"]);
    expect(mixed).toMatchObject({ code: 1, stderr: expect.stringContaining("is packaged already") as string });
  });

  test.each(["basic", "bearer"] as const)("%s: Docker's credentials, from the file and from a helper", async (kind) => {
    const { host } = kind === "basic" ? basic : bearer;
    const anonymous = await pushTo(host);
    expect(anonymous.code).toBe(1);
    expect(anonymous.stderr).toContain("401: it ");
    const wrong = await pushTo(host, await dockerConfig(`${kind}-wrong`, auths(host, "not it at all")));
    expect(wrong.code).toBe(1);
    expect(wrong.stderr).toMatch(/401: it refuses the credentials of .*-wrong\/config\.json: run docker login/);
    expect(wrong.stderr + wrong.stdout).not.toContain("not it at all");
    const file = await dockerConfig(`${kind}-file`, auths(host, password));
    expect(await pushTo(host, file)).toMatchObject({ code: 0 });
    expect(await pullFrom(`oci://${host}/filters/hmac-auth:1`, `${kind}.wasm`, file)).toMatchObject({ code: 0 });

    const bin = join(folder, `${kind}-bin`);
    await mkdir(bin);
    const helper = join(bin, "docker-credential-test");
    const found = JSON.stringify({ ServerURL: host, Username: username, Secret: password });
    await writeFile(helper, `#!/bin/sh\necho '${found}'\n`);
    await chmod(helper, 0o755);
    const helped = await dockerConfig(`${kind}-helper`, { credHelpers: { [host]: "test" } });
    const PATH = `${bin}${delimiter}${process.env.PATH}`;
    expect((await pushTo(host, { ...helped, PATH })).stderr).toMatch(/^(.* there already\n){2}$/);
  });

  test("what is not there is told, and nothing is written", async () => {
    const { code, stdout, stderr } = await pullFrom(`oci://${open.host}/filters/absent:1`, "absent.wasm");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("/v2/filters/absent/manifests/1: 404: is not there");
    expect(await readdir(folder)).not.toContain("absent.wasm");
    const other = `oci://${open.host}/filters/hmac-auth@sha256:${"0".repeat(64)}`;
    expect((await pullFrom(other, "absent.wasm")).stderr).toContain("404: is not there");
  });

  test("a registry without TLS is not spoken to unless it is asked for", async () => {
    const { code, stderr } = await run(["push", `oci://${open.host}/filters/hmac-auth:1`, wasm]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/does not speak TLS .*give --plain-http/);
  });
});

describe("a registry with TLS", () => {
  let env: { NODE_EXTRA_CA_CERTS: string };
  let tls: { key: Buffer; cert: Buffer };
  beforeAll(async () => {
    const [key, cert] = [join(folder, "tls-key"), join(folder, "tls-cert")];
    const names = ["-subj", "/CN=registry", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "1"];
    const files = ["-keyout", key, "-out", cert];
    await promisify(execFile)("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...names, ...files]);
    env = { NODE_EXTRA_CA_CERTS: cert };
    tls = { key: await readFile(key), cert: await readFile(cert) };
  });

  async function pushTo(instead: Instead, environment = {}) {
    const image = await packageModule(await readFile(wasm), { variant: "compat", abiVersion: "0.2.1" });
    const server = await startRegistry(image, instead, tls);
    try {
      return await run(["push", `oci://${server.host}/filters/hmac-auth:1`, wasm], { env: environment });
    } finally {
      await server.close();
    }
  }

  test("whose certificate is of an authority of one's own", async () => {
    const foreign = await pushTo(() => false);
    expect(foreign).toMatchObject({ code: 1 });
    expect(foreign.stderr).toMatch(/its certificate is not trusted \(.*\): NODE_EXTRA_CA_CERTS=<file>/);
    // The digest that this registry announces is of another image: all else has been done.
    expect((await pushTo(() => false, env)).stderr).toContain("registry: expected the digest");
  });

  test("that leads uploads or credentials elsewhere without it is not followed", async () => {
    const upload = await pushTo((asked, response) => {
      if (asked.method !== "POST") return false;
      answer(response, 202, { location: "http://127.0.0.1/upload" });
      return true;
    }, env);
    expect(upload.stderr).toContain("sends uploads to http://127.0.0.1, without TLS");
    const tokens = await pushTo((_, response) => {
      answer(response, 401, { "www-authenticate": 'Bearer realm="http://127.0.0.1/token"' });
      return true;
    }, env);
    expect(tokens.stderr).toContain("names no token server that has TLS");
  });
});
