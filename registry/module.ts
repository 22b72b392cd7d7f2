/** The module of an image, found as Istio's agent finds it (istio.io/istio pkg/wasm/imagefetcher.go). */
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { unpackTar } from "modern-tar";
import { RegistryFailure } from "./failure.ts";
import { contentOf, type Descriptor, type Image, maxModuleBytes, mediaTypes, readManifest } from "./image.ts";

const fileName = "plugin.wasm";
/** A tar has headers too. */
const maxLayerBytes = maxModuleBytes + 1024 * 1024;

/** The module; throws when Istio would refuse the image. */
export async function moduleOf({ manifest, blobs }: Image): Promise<Uint8Array> {
  const layer = moduleLayer(manifest);
  const content = contentOf(blobs, layer);
  const module = layer.mediaType === mediaTypes.wasmLayer ? content : await fromTar(layer, content);
  const isWasm = Buffer.from(module.subarray(0, 4)).equals(Buffer.from("\0asm"));
  if (!isWasm) throw new RegistryFailure(`image: ${layer.digest}: expected a WebAssembly module, found something else`);
  return module;
}

/** The layer that has the module, in whichever form the image is. */
function moduleLayer(content: Uint8Array): Descriptor {
  const { mediaType, layers } = readManifest(content);
  const last = layers.at(-1);
  const expected = mediaType === mediaTypes.dockerManifest ? mediaTypes.dockerLayer : mediaTypes.ociLayer;
  // Of many layers Istio reads the last one.
  if (last?.mediaType === expected) return last;
  const module = layers.find((layer) => layer.mediaType === mediaTypes.wasmLayer);
  if (mediaType !== mediaTypes.dockerManifest && layers.length === 2 && module !== undefined) return module;
  const found = layers.map((layer) => layer.mediaType).join(", ") || "none";
  throw new RegistryFailure(
    `image: layers: expected ${expected} as the last one` +
      `${expected === mediaTypes.ociLayer ? `, or two with ${mediaTypes.wasmLayer}` : ""}, found ${found}; Istio reads no other`,
  );
}

async function fromTar({ digest }: Descriptor, layer: Uint8Array): Promise<Uint8Array> {
  const tar = await promisify(gunzip)(layer, { maxOutputLength: maxLayerBytes }).catch((error: Error) => {
    throw new RegistryFailure(`image: layer ${digest}: expected gzip of at most 256 MiB: ${error.message}`);
  });
  const entries = await unpackTar(new Uint8Array(tar), { strict: true }).catch((error: Error) => {
    throw new RegistryFailure(`image: layer ${digest}: expected a tar: ${error.message}`);
  });
  const entry = entries.find(({ header }) => header.name.split("/").at(-1) === fileName);
  if (entry?.data === undefined) {
    const names = entries.map(({ header }) => header.name).join(", ") || "nothing";
    throw new RegistryFailure(`image: layer ${digest}: expected the file ${fileName}, found ${names}`);
  }
  return entry.data;
}
