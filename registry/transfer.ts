/** Images to a registry and from it. Specification: github.com/opencontainers/distribution-spec. */
import { Connection, type ConnectionOptions } from "./connection.ts";
import { digestOf } from "./digest.ts";
import { RegistryFailure } from "./failure.ts";
import {
  checkContent,
  contentOf,
  type Descriptor,
  descriptorsOf,
  type Image,
  maxManifestBytes,
  maxModuleBytes,
  mediaTypes,
  readIndex,
  readManifest,
} from "./image.ts";
import { moduleOf } from "./module.ts";
import type { Reference } from "./reference.ts";
import { explainUnreachable } from "./refusal.ts";
import { type Pause, withRetries } from "./retry.ts";

/** What a transfer tells while it runs. */
export type Progress =
  | { readonly kind: "blob"; readonly digest: string; readonly bytes: number; readonly size: number }
  | { readonly kind: "there"; readonly digest: string; readonly size: number }
  | { readonly kind: "done"; readonly digest: string; readonly size: number }
  | { readonly kind: "retry"; readonly why: string };

export interface TransferOptions extends ConnectionOptions {
  readonly onProgress?: (progress: Progress) => void;
  /** How to wait before trying again. */
  readonly pause?: Pause;
}

/** Content may be large, and lines slow. */
const blobTimeoutMs = 15 * 60_000;

/** Sends what the registry does not have; the tag names the image when all of it is there. */
export async function push(reference: Reference, image: Image, options: TransferOptions = {}): Promise<void> {
  if (reference.tag === null) throw new RegistryFailure("push: expected a tag (:1.0), found only a digest");
  if (reference.digest !== null && reference.digest !== image.digest) {
    throw new RegistryFailure(`push: expected an image of digest ${reference.digest}, found ${image.digest}`);
  }
  // What Istio would refuse is not published.
  await moduleOf(image);
  const connection = new Connection(reference, "pull,push", options);
  const retrying = <T>(operation: () => Promise<T>) => withRetries(operation, retryOptions(options));
  for (const descriptor of descriptorsOf(readManifest(image.manifest))) {
    await retrying(() => pushBlob(connection, descriptor, contentOf(image.blobs, descriptor), options));
  }
  await retrying(async () => {
    const response = await connection.send({
      method: "PUT",
      to: `manifests/${reference.tag}`,
      expect: [200, 201],
      headers: { "content-type": image.mediaType },
      body: image.manifest,
    });
    checkAnnounced(response, image.digest);
    await response.body?.cancel();
  });
}

/** Gets an image, each part checked against its digest. Of an index it takes the image for linux/amd64, as Istio may. */
export async function pull(reference: Reference, options: TransferOptions = {}): Promise<Image> {
  const connection = new Connection(reference, "pull", options);
  const retrying = <T>(operation: () => Promise<T>) => withRetries(operation, retryOptions(options));
  const image = await retrying(() => pullManifest(connection, reference.digest ?? reference.tag ?? ""));
  const { digest, manifest, mediaType } = isIndex(image.mediaType)
    ? await retrying(() => pullManifest(connection, childOf(image.manifest).digest))
    : image;
  const blobs = new Map<string, Uint8Array>();
  for (const descriptor of descriptorsOf(readManifest(manifest))) {
    blobs.set(descriptor.digest, await pullBlob(connection, descriptor, options));
  }
  return { mediaType, digest, manifest, blobs };
}

const retryOptions = ({ pause, onProgress }: TransferOptions) => ({
  ...(pause && { pause }),
  ...(onProgress && { onRetry: (why: string) => onProgress({ kind: "retry", why }) }),
});

/** The registry's own digest, where it tells one. */
function checkAnnounced(response: Response, digest: string): void {
  const announced = response.headers.get("docker-content-digest");
  if (announced === null || announced === digest) return;
  throw new RegistryFailure(
    `registry: expected the digest ${digest}, found ${announced.slice(0, 100)}: it has changed the content`,
  );
}

/** In one piece: every registry takes that, and modules are small. */
async function pushBlob(
  connection: Connection,
  { digest, size }: Descriptor,
  content: Uint8Array,
  { onProgress = () => {} }: TransferOptions,
): Promise<void> {
  const found = await connection.send({ method: "HEAD", to: `blobs/${digest}`, expect: [200, 404] });
  if (found.status === 200) return onProgress({ kind: "there", digest, size });
  onProgress({ kind: "blob", digest, bytes: 0, size });
  const started = await connection.send({ method: "POST", to: "blobs/uploads/", expect: [202] });
  await started.body?.cancel();
  const to = connection.location(started);
  // Appended as text: the rest of the query is the registry's, and returned to it as it was.
  to.search += `${to.search === "" ? "?" : "&"}digest=${digest}`;
  const stored = await connection.send({
    method: "PUT",
    to,
    expect: [200, 201, 204],
    headers: { "content-type": "application/octet-stream" },
    body: content,
    timeoutMs: blobTimeoutMs,
  });
  checkAnnounced(stored, digest);
  await stored.body?.cancel();
  onProgress({ kind: "done", digest, size });
}

const manifestTypes = [mediaTypes.ociManifest, mediaTypes.dockerManifest, mediaTypes.ociIndex, mediaTypes.dockerIndex];
const isIndex = (mediaType: string) => mediaType === mediaTypes.ociIndex || mediaType === mediaTypes.dockerIndex;

async function pullManifest(connection: Connection, name: string): Promise<Omit<Image, "blobs">> {
  const response = await connection.send({
    method: "GET",
    to: `manifests/${name}`,
    expect: [200],
    headers: { accept: manifestTypes.join(", ") },
  });
  const manifest = Buffer.concat(await collect(response, maxManifestBytes, []));
  const digest = digestOf(manifest);
  if (name.startsWith("sha256:")) checkContent(manifest, name);
  checkAnnounced(response, digest);
  const mediaType = response.headers.get("content-type")?.split(";")[0]?.trim() ?? "";
  if (manifestTypes.some((type) => type === mediaType)) return { mediaType, digest, manifest };
  throw new RegistryFailure(`image: expected a manifest of OCI or of docker schema 2, found ${mediaType || "no type"}`);
}

function childOf(index: Uint8Array): Descriptor {
  const children = readIndex(index);
  const child = children.find(({ platform }) => platform?.os === "linux" && platform.architecture === "amd64");
  if (child !== undefined) return child;
  const found = children.map(({ platform }) => `${platform?.os}/${platform?.architecture}`).join(", ") || "none";
  throw new RegistryFailure(`image: index: expected an image for linux/amd64, found ${found}`);
}

/** Goes on where a connection broke, if the registry can. */
async function pullBlob(connection: Connection, descriptor: Descriptor, options: TransferOptions): Promise<Uint8Array> {
  const { onProgress = () => {} } = options;
  const { digest, size } = descriptor;
  if (size > maxModuleBytes)
    throw new RegistryFailure(`image: ${digest}: expected at most 256 MiB, which Istio reads, found ${size} bytes`);
  const pieces: Uint8Array[] = [];
  await withRetries(async () => {
    const from = lengthOf(pieces);
    if (from === size && size > 0) return;
    const response = await connection.send({
      method: "GET",
      to: `blobs/${digest}`,
      expect: from > 0 ? [200, 206] : [200],
      // As they are: a layer that is gzip already is not to be unpacked on the way.
      headers: { "accept-encoding": "identity", ...(from > 0 && { range: `bytes=${from}-` }) },
      timeoutMs: blobTimeoutMs,
    });
    // All of it once more.
    if (response.status === 200) pieces.length = 0;
    await collect(response, size, pieces, (bytes) => onProgress({ kind: "blob", digest, bytes, size }));
  }, retryOptions(options));
  const content = Buffer.concat(pieces);
  checkContent(content, digest, size);
  onProgress({ kind: "done", digest, size });
  return content;
}

const lengthOf = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/** Adds a body to the pieces that are there; keeps what has come when the connection breaks. */
async function collect(
  response: Response,
  atMost: number,
  pieces: Uint8Array[],
  onBytes: (bytes: number) => void = () => {},
): Promise<readonly Uint8Array[]> {
  let total = lengthOf(pieces);
  try {
    for await (const piece of response.body ?? []) {
      total += piece.length;
      if (total > atMost)
        throw new RegistryFailure(`image: expected at most ${atMost} bytes, and the registry sends more`);
      pieces.push(piece);
      onBytes(total);
    }
  } catch (error) {
    throw explainUnreachable(new URL(response.url).host, error);
  }
  return pieces;
}
