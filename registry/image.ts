/** An image in memory: the bytes of its manifest and of what the manifest names. */
import { digestOf, isDigest } from "./digest.ts";
import { RegistryFailure } from "./failure.ts";

export const mediaTypes = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociConfig: "application/vnd.oci.image.config.v1+json",
  ociLayer: "application/vnd.oci.image.layer.v1.tar+gzip",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  dockerIndex: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerConfig: "application/vnd.docker.container.image.v1+json",
  dockerLayer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  wasmConfig: "application/vnd.module.wasm.config.v1+json",
  wasmLayer: "application/vnd.module.wasm.content.layer.v1+wasm",
} as const;

/** ISTIO_WASM_MAX_BINARY_SIZE_BYTES, unless someone sets it: Istio reads no module beyond it. */
export const maxModuleBytes = 256 * 1024 * 1024;
/** What registries take, and Istio's client reads; the OCI distribution specification asks for it. */
export const maxManifestBytes = 4 * 1024 * 1024;

/** How a manifest or an index names content. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture?: string; readonly os?: string; readonly variant?: string };
}

export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
  readonly annotations: Readonly<Record<string, string>>;
}

/** A manifest, and how to get the content it names. */
export interface Image {
  readonly mediaType: string;
  readonly digest: string;
  /** The bytes the digest is of. */
  readonly manifest: Uint8Array;
  /** By digest. */
  readonly blobs: ReadonlyMap<string, Uint8Array>;
}

/** Annotations of the manifest; Docker's have none, and the same things as labels of the configuration. */
export function annotationsOf({ manifest, blobs }: Image): Readonly<Record<string, string>> {
  const { mediaType, config, annotations } = readManifest(manifest);
  if (mediaType !== mediaTypes.dockerManifest) return annotations;
  const { config: settings } = readDocument(contentOf(blobs, config)) as {
    config?: { Labels?: Record<string, string> };
  };
  return settings?.Labels ?? {};
}

/** What a manifest names, each digest once, the config first. */
export function descriptorsOf({ config, layers }: Manifest): readonly Descriptor[] {
  return [...new Map([config, ...layers].map((descriptor) => [descriptor.digest, descriptor])).values()];
}

/** The content that a descriptor names, checked against it. */
export function contentOf(blobs: ReadonlyMap<string, Uint8Array>, { digest, size }: Descriptor): Uint8Array {
  const content = blobs.get(digest);
  if (content === undefined) throw new RegistryFailure(`image: expected the content ${digest}, found none`);
  checkContent(content, digest, size);
  return content;
}

/** Throws when content is not what it was named. */
export function checkContent(content: Uint8Array, digest: string, size = content.length): void {
  if (content.length !== size) {
    throw new RegistryFailure(`image: ${digest}: expected ${size} bytes, found ${content.length}`);
  }
  const found = digestOf(content);
  if (found !== digest) throw new RegistryFailure(`image: expected content of digest ${digest}, found ${found}`);
}

type Json = Readonly<Record<string, unknown>>;

/** A manifest or an index as JSON. */
export function readDocument(content: Uint8Array): Json {
  try {
    const document: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(content));
    if (typeof document === "object" && document !== null && !Array.isArray(document)) return document as Json;
  } catch {
    // Told below, as every other document that is none.
  }
  throw new RegistryFailure("image: manifest: expected a JSON object, found something else");
}

/** Reads the manifest of one image. */
export function readManifest(content: Uint8Array): Manifest {
  const document = readDocument(content);
  if (!Array.isArray(document.layers)) {
    const what = Array.isArray(document.manifests) ? "an index of images" : "something else";
    throw new RegistryFailure(`image: manifest: /layers: expected the layers of one image, found ${what}`);
  }
  const { annotations } = document;
  return {
    // OCI manifests may leave it out.
    mediaType: typeof document.mediaType === "string" ? document.mediaType : mediaTypes.ociManifest,
    config: readDescriptor("/config", document.config),
    layers: document.layers.map((layer, i) => readDescriptor(`/layers/${i}`, layer)),
    annotations: typeof annotations === "object" && annotations !== null ? { ...annotations } : {},
  };
}

/** The images that an index names. */
export function readIndex(content: Uint8Array): readonly Descriptor[] {
  const { manifests } = readDocument(content);
  if (!Array.isArray(manifests)) throw new RegistryFailure("image: index: /manifests: expected a list, found none");
  return manifests.map((entry, i) => readDescriptor(`/manifests/${i}`, entry));
}

function readDescriptor(path: string, value: unknown): Descriptor {
  const { mediaType, digest, size } = (value ?? {}) as Partial<Descriptor>;
  const isGood = typeof mediaType === "string" && typeof digest === "string" && isDigest(digest);
  if (!isGood || !Number.isSafeInteger(size) || Number(size) < 0) {
    throw new RegistryFailure(`image: manifest: ${path}: expected mediaType, a sha256 digest and size`);
  }
  return value as Descriptor;
}
