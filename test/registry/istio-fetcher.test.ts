/** Images in a real registry, before the code with which Istio's agent fetches them. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { filesIn, isBuilt } from "@proxy-wasm-kit/istio";
import { type Image, packageModule, parseReference, push, type Variant, variants } from "@proxy-wasm-kit/registry";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refused, sampleModule, unusual } from "../../registry/test/sample.ts";
import { account, type DockerRegistry, dockerRegistry, startDockerRegistry, whyWithout } from "./docker-registry.ts";

const run = promisify(execFile);
const isRequired = (process.env.PWK_REQUIRE_ENGINES ?? "").split(",").includes("istio");
const isHere = isBuilt() && dockerRegistry !== undefined;
const why = isBuilt() ? whyWithout : ": run npm run istio:build";

describe.skipIf(!isHere && !isRequired)(`Istio's fetcher${why}`, () => {
  let registry: DockerRegistry;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "pwk-fetcher-"));
    registry = await startDockerRegistry();
  });
  afterAll(async () => {
    await registry?.stop();
    await rm(folder, { recursive: true });
  });

  /** What Istio makes of the image: its digest and the module. */
  async function fetched(rest: string) {
    const file = join(folder, "fetched.wasm");
    await rm(file, { force: true });
    const { stdout } = await run(filesIn().imagefetch, [`${registry.host}/${rest}`, file]);
    return { digest: stdout.trim().split("\n").at(-1), module: await readFile(file) };
  }

  /** As it is: push itself refuses what Istio would refuse. */
  async function put(name: string, { manifest, mediaType, blobs }: Image): Promise<void> {
    const api = `http://${registry.host}/v2/${name}`;
    const send = async (method: string, url: string, body?: Uint8Array, type = "application/octet-stream") => {
      const bytes = body as Uint8Array<ArrayBuffer> | undefined;
      const response = await fetch(url, { method, ...(bytes && { body: bytes }), headers: { "content-type": type } });
      if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
      return response;
    };
    for (const [digest, content] of blobs) {
      const { headers } = await send("POST", `${api}/blobs/uploads/`);
      await send("PUT", `${headers.get("location")}&digest=${digest}`, content);
    }
    await send("PUT", `${api}/manifests/1`, manifest, mediaType);
  }

  test.each(Object.keys(variants) as Variant[])("takes the %s image that was pushed", async (variant) => {
    const image = await packageModule(sampleModule, { variant, abiVersion: "0.2.1", annotations: { a: "b" } });
    const reference = parseReference(`oci://${registry.host}/filters/${variant}:1`);
    await push(reference, image, { plainHttp: true });
    for (const rest of [":1", `@${image.digest}`]) {
      const { digest, module } = await fetched(`filters/${variant}${rest}`);
      expect(digest).toBe(image.digest);
      expect(module).toEqual(Buffer.from(sampleModule));
    }
  });

  test.each(Object.entries(unusual))("takes %s", async (_, make) => {
    await put("unusual", await make());
    expect((await fetched("unusual:1")).module).toEqual(Buffer.from(sampleModule));
  });

  test.each(Object.entries(refused))("refuses %s", async (_, make) => {
    await put("refused", await make());
    await expect(fetched("refused:1")).rejects.toThrow(/imagefetch: /);
  });

  // Told in docs/images.md: https://github.com/istio/istio, pkg/wasm/imagefetcher.go, validateRealmURL.
  test("refuses a registry with Basic authentication, whatever the credentials", async () => {
    const basic = await startDockerRegistry("basic");
    try {
      const image = await packageModule(sampleModule, { variant: "compat", abiVersion: "0.2.1" });
      const credentials = async () => ({ secret: { kind: "password", ...account } as const, source: "the test" });
      await push(parseReference(`oci://${basic.host}/filters/basic:1`), image, { plainHttp: true, credentials });
      const auth = Buffer.from(`${account.username}:${account.password}`).toString("base64");
      await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [basic.host]: { auth } } }));
      const env = { ...process.env, DOCKER_CONFIG: folder };
      const fetching = run(filesIn().imagefetch, [`${basic.host}/filters/basic:1`, join(folder, "x")], { env });
      await expect(fetching).rejects.toThrow('rejected unsafe bearer realm: realm scheme "" not allowed');
    } finally {
      await basic.stop();
    }
  });

  // parseReference refuses it too.
  test("reads no repository of one letter", async () => {
    await expect(fetched("p:1")).rejects.toThrow(/could not parse reference/);
  });
});
