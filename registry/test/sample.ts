/** A module, and images that are wrong in one thing. */
import { gzipSync } from "node:zlib";
import { packTar } from "modern-tar";
import { digestOf } from "../digest.ts";
import { type Image, mediaTypes, readManifest } from "../image.ts";

/** An empty module with bytes in a custom section, some of which compress well and some badly. */
export const sampleModule: Uint8Array = (() => {
  const section = new Uint8Array(20_000);
  // The numbers of Park and Miller, for a half of it.
  for (let i = 0, n = 1; i < 10_000; i++) {
    n = (n * 16_807) % 2_147_483_647;
    section[i] = n >> 8;
  }
  const name = [4, ...Buffer.from("test")];
  const size = section.length + name.length;
  const lengthBytes = [(size & 127) | 128, ((size >> 7) & 127) | 128, size >> 14];
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 0, ...lengthBytes, ...name, ...section]);
})();

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** An image of any layers, with a good configuration. */
export function imageOf(mediaType: string, layers: readonly (readonly [type: string, content: Uint8Array])[]): Image {
  const configType = mediaType === mediaTypes.dockerManifest ? mediaTypes.dockerConfig : mediaTypes.ociConfig;
  const config = json({ architecture: "amd64", os: "linux", config: {}, rootfs: { type: "layers", diff_ids: [] } });
  const describe = ([type, content]: readonly [string, Uint8Array]) => ({
    mediaType: type,
    digest: digestOf(content),
    size: content.length,
  });
  const all = [[configType, config] as const, ...layers];
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    config: describe([configType, config]),
    layers: layers.map(describe),
  });
  const blobs = new Map(all.map(([, content]) => [digestOf(content), content]));
  return { mediaType, digest: digestOf(manifest), manifest, blobs };
}

const tar = (name: string, body: Uint8Array = sampleModule) =>
  packTar([{ header: { name, size: body.length, type: "file", mtime: new Date(0) }, body }]);
const layer = async (name: string, body?: Uint8Array) => new Uint8Array(gzipSync(await tar(name, body)));

/** Images that Istio takes though they are not as ours are. */
export const unusual: Readonly<Record<string, () => Promise<Image>>> = {
  "plugin.wasm in a folder": async () =>
    imageOf(mediaTypes.ociManifest, [[mediaTypes.ociLayer, await layer("a/b/plugin.wasm")]]),
  "many layers, the last with the module": async () =>
    imageOf(mediaTypes.dockerManifest, [
      [mediaTypes.dockerLayer, await layer("other")],
      [mediaTypes.dockerLayer, await layer("./plugin.wasm")],
    ]),
  "two layers, the module before its configuration": async () =>
    imageOf(mediaTypes.ociManifest, [
      [mediaTypes.wasmLayer, sampleModule],
      [mediaTypes.wasmConfig, json({})],
    ]),
};

/** Images that Istio refuses. */
export const refused: Readonly<Record<string, () => Promise<Image>>> = {
  "another name of the file": async () =>
    imageOf(mediaTypes.ociManifest, [[mediaTypes.ociLayer, await layer("filter.wasm")]]),
  "an uncompressed layer": async () =>
    imageOf(mediaTypes.ociManifest, [["application/vnd.oci.image.layer.v1.tar", await tar("plugin.wasm")]]),
  "a layer that says gzip and is none": async () =>
    imageOf(mediaTypes.ociManifest, [[mediaTypes.ociLayer, await tar("plugin.wasm")]]),
  "the module in a layer that is not the last": async () =>
    imageOf(mediaTypes.ociManifest, [
      [mediaTypes.ociLayer, await layer("plugin.wasm")],
      [mediaTypes.ociLayer, await layer("other")],
    ]),
  "an artifact of one layer": async () => imageOf(mediaTypes.ociManifest, [[mediaTypes.wasmLayer, sampleModule]]),
  "an artifact of three layers": async () =>
    imageOf(mediaTypes.ociManifest, [
      [mediaTypes.wasmConfig, json({})],
      [mediaTypes.wasmConfig, json({ a: 1 })],
      [mediaTypes.wasmLayer, sampleModule],
    ]),
  "a CNCF artifact": async () => imageOf(mediaTypes.ociManifest, [["application/wasm", sampleModule]]),
  "OCI's layer in Docker's manifest": async () =>
    imageOf(mediaTypes.dockerManifest, [[mediaTypes.ociLayer, await layer("plugin.wasm")]]),
  "Docker's layer in OCI's manifest": async () =>
    imageOf(mediaTypes.ociManifest, [[mediaTypes.dockerLayer, await layer("plugin.wasm")]]),
  "no layer": async () => imageOf(mediaTypes.ociManifest, []),
};

/** Istio's fetcher takes it, and the agent refuses it later. */
export const notWasm = async (): Promise<Image> =>
  imageOf(mediaTypes.ociManifest, [[mediaTypes.ociLayer, await layer("plugin.wasm", json("no module"))]]);

/** The layer with the module: the last one. */
export const moduleDigest = (image: Image): string => readManifest(image.manifest).layers.at(-1)?.digest ?? "";

/** An index with one image for each platform. */
export const indexOf = (image: Image, ...platforms: readonly (readonly [os: string, architecture: string])[]) =>
  new TextEncoder().encode(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociIndex,
      manifests: platforms.map(([os, architecture]) => ({
        mediaType: image.mediaType,
        digest: image.digest,
        size: image.manifest.length,
        platform: { os, architecture },
      })),
    }),
  );
