import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { mediaTypes, readManifest } from "./image.ts";
import { moduleOf } from "./module.ts";
import { packageModule, type Variant } from "./package.ts";
import { sampleModule } from "./test/sample.ts";

const annotations = {
  "org.opencontainers.image.version": "1.0",
  "org.opencontainers.image.source": "https://a.example",
};
const packaged = (variant: Variant) => packageModule(sampleModule, { variant, abiVersion: "0.2.1", annotations });
const contentOf = (content: Uint8Array | undefined) => JSON.parse(new TextDecoder().decode(content)) as unknown;

// The same on every machine and with every version of Node. A change of these is a change of every image, for
// CHANGELOG.md: it comes with another version of pako or modern-tar, or with other fields.
test.each([
  ["compat", "sha256:99055f03999419c1793e0038d4ba0095029226c521d38428986fd12ed018bf1e"],
  ["docker", "sha256:cc42a4a40f998400ea758bdf568c99020bc37454b049d8e95e801187575acaf2"],
  ["oci", "sha256:0c855bf995fe6864fddfc04ae856b80d71d9a2733902f2ff32fcf97f11843cb7"],
] as const)("the %s image has the digest it always had", async (variant, digest) => {
  expect((await packaged(variant)).digest).toBe(digest);
});

test("the order in which annotations are given does not matter", async () => {
  const reversed = Object.fromEntries(Object.entries(annotations).reverse());
  const other = await packageModule(sampleModule, { variant: "compat", abiVersion: "0.2.1", annotations: reversed });
  expect(other.digest).toBe((await packaged("compat")).digest);
});

test.each(["compat", "docker", "oci"] as const)("the %s image has the module", async (variant) => {
  expect(Buffer.from(await moduleOf(await packaged(variant)))).toEqual(Buffer.from(sampleModule));
});

test("the compat image is one layer, whose gzip and tar tell nothing of the machine", async () => {
  const { manifest, blobs } = await packaged("compat");
  const { config, layers, annotations: written } = readManifest(manifest);
  expect(layers.map(({ mediaType }) => mediaType)).toEqual([mediaTypes.ociLayer]);
  const labels = {
    "io.github.proxy-wasm.abi-version": "0.2.1",
    "module.wasm.image/variant": "compat",
    ...annotations,
  };
  expect(written).toEqual(labels);
  expect(contentOf(blobs.get(config.digest))).toMatchObject({ config: { Labels: labels }, os: "linux" });
  const layer = Buffer.from(blobs.get(layers[0]?.digest ?? "") ?? []);
  // Magic, deflate, no flags, no time, most compression, Unix: RFC 1952 section 2.3.
  expect(layer.subarray(0, 10).toString("hex")).toBe("1f8b0800000000000203");
  const header = gunzipSync(layer).subarray(0, 512).toString("latin1");
  expect(header).toMatch(/^plugin\.wasm\0+0*644[ \0]+0+[ \0]+0+[ \0]+0*\d+[ \0]0+[ \0]/);
});

test("the docker image has Docker's media types and its annotations as labels", async () => {
  const { mediaType, manifest, blobs } = await packaged("docker");
  const { config, layers, annotations: written } = readManifest(manifest);
  expect([mediaType, config.mediaType, layers[0]?.mediaType]).toEqual([
    mediaTypes.dockerManifest,
    mediaTypes.dockerConfig,
    mediaTypes.dockerLayer,
  ]);
  expect(written).toEqual({});
  expect(contentOf(blobs.get(config.digest))).toMatchObject({ config: { Labels: annotations } });
});

test("the oci image is a configuration and the module as it is", async () => {
  const { manifest, blobs } = await packaged("oci");
  const { layers } = readManifest(manifest);
  expect(layers.map(({ mediaType }) => mediaType)).toEqual([mediaTypes.wasmConfig, mediaTypes.wasmLayer]);
  expect(contentOf(blobs.get(layers[0]?.digest ?? ""))).toEqual({ type: "envoy_proxy", abiVersions: ["0.2.1"] });
  expect(blobs.get(layers[1]?.digest ?? "")).toEqual(sampleModule);
});
