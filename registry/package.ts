/**
 * Makes the image of a module, in the forms that Istio's agent reads (istio.io/istio pkg/wasm/imagefetcher.go).
 * Specification: github.com/solo-io/wasm, spec/spec-compat.md and spec/spec.md.
 */
import { packTar } from "modern-tar";
import { gzip } from "pako";
import { digestOf } from "./digest.ts";
import { RegistryFailure } from "./failure.ts";
import { type Descriptor, type Image, maxModuleBytes, mediaTypes } from "./image.ts";

/** What kinds of images there are, and what they are for. */
export const variants = {
  compat: "OCI manifest, one layer: a gzipped tar with plugin.wasm",
  docker: "the same with the media types of docker schema 2, for registries that take no other",
  oci: "OCI manifest, two layers: a configuration and the module as it is",
} as const;

export type Variant = keyof typeof variants;

export interface Packaging {
  readonly variant: Variant;
  /** The Proxy-Wasm ABI that the module is for, such as "0.2.1". */
  readonly abiVersion: string;
  /** In the manifest where it can have them, and as labels of the configuration. */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Annotations of ours; org.opencontainers.image.* are the OCI's own. */
const abiAnnotation = "io.github.proxy-wasm.abi-version";
const variantAnnotation = "module.wasm.image/variant";

/** Makes an image: the same bytes for the same module and packaging, wherever and whenever it is made. */
export async function packageModule(module: Uint8Array, packaging: Packaging): Promise<Image> {
  if (module.length > maxModuleBytes) {
    throw new RegistryFailure(
      `image: expected a module of at most 256 MiB, which Istio reads, found ${module.length} bytes`,
    );
  }
  const { variant, abiVersion, annotations } = packaging;
  const all = sorted({
    ...annotations,
    [abiAnnotation]: abiVersion,
    [variantAnnotation]: variant === "oci" ? "oci" : "compat",
  });
  return variant === "oci" ? artifact(module, abiVersion, all) : layered(variant, await tarOf(module), all);
}

type Annotations = Readonly<Record<string, string>>;

/** By name, so that it does not matter in which order they are given. */
const sorted = (annotations: Annotations): Annotations =>
  Object.fromEntries(Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Nothing in it tells of the machine: the owner is root, the time 1970. */
const tarOf = (module: Uint8Array): Promise<Uint8Array> =>
  packTar([
    {
      header: {
        name: "plugin.wasm",
        size: module.length,
        type: "file",
        mode: 0o644,
        uid: 0,
        gid: 0,
        mtime: new Date(0),
      },
      body: module,
    },
  ]);

/** The compat form. */
function layered(variant: "compat" | "docker", tar: Uint8Array, annotations: Annotations): Image {
  const isDocker = variant === "docker";
  // pako and not node:zlib: what zlib writes differs between the versions that come with Node. pako leaves out the time.
  const layer = gzip(tar, { level: 9 });
  // No platform is right for Wasm. This is what `docker build` writes on most machines, and no reader minds.
  const config = json({
    architecture: "amd64",
    config: { Labels: annotations },
    os: "linux",
    rootfs: { type: "layers", diff_ids: [digestOf(tar)] },
  });
  return imageOf(isDocker ? mediaTypes.dockerManifest : mediaTypes.ociManifest, {
    config: [isDocker ? mediaTypes.dockerConfig : mediaTypes.ociConfig, config],
    layers: [[isDocker ? mediaTypes.dockerLayer : mediaTypes.ociLayer, layer]],
    // Docker's manifests have no annotations.
    annotations: isDocker ? {} : annotations,
  });
}

/** The oci form: the module is a layer as it is. */
function artifact(module: Uint8Array, abiVersion: string, annotations: Annotations): Image {
  return imageOf(mediaTypes.ociManifest, {
    config: [mediaTypes.wasmConfig, json({})],
    layers: [
      [mediaTypes.wasmConfig, json({ type: "envoy_proxy", abiVersions: [abiVersion] })],
      [mediaTypes.wasmLayer, module],
    ],
    annotations,
  });
}

type Content = readonly [mediaType: string, content: Uint8Array];

interface Parts {
  readonly config: Content;
  readonly layers: readonly Content[];
  readonly annotations: Annotations;
}

function imageOf(mediaType: string, { config, layers, annotations }: Parts): Image {
  const blobs = new Map([config, ...layers].map(([, content]) => [digestOf(content), content]));
  const manifest = json({
    schemaVersion: 2,
    mediaType,
    config: describe(config),
    layers: layers.map(describe),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  });
  return { mediaType, digest: digestOf(manifest), manifest, blobs };
}

const describe = ([mediaType, content]: Content): Descriptor => ({
  mediaType,
  digest: digestOf(content),
  size: content.length,
});

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
