/**
 * Images as files: the OCI image layout, in a folder or in one tar.
 * Specification: github.com/opencontainers/image-spec, image-layout.md.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { packTar, unpackTar } from "modern-tar";
import { digestOf } from "./digest.ts";
import { RegistryFailure } from "./failure.ts";
import { checkContent, contentOf, descriptorsOf, type Image, mediaTypes, readIndex, readManifest } from "./image.ts";

const marker = "oci-layout";
const fileOf = (digest: string) => `blobs/${digest.replace(":", "/")}`;

/** Writes a layout whole or not at all: into the tar when the path ends with ".tar", else into a folder. */
export async function writeLayout(path: string, image: Image): Promise<void> {
  const files = filesOf(image);
  const draft = `${resolve(path)}.${randomUUID()}`;
  try {
    await mkdir(dirname(draft), { recursive: true });
    if (isTar(path)) {
      await writeFile(draft, await tarOf(files));
      await rename(draft, path);
    } else {
      await checkReplaceable(path);
      await writeFolder(draft, files);
      await replaceFolder(path, draft);
    }
  } catch (error) {
    if (error instanceof RegistryFailure) throw error;
    throw new RegistryFailure(`${path}: cannot be written: ${(error as Error).message}`);
  } finally {
    // What cannot be written may not be there to be removed either.
    await rm(draft, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Reads the one image of a layout, with everything it names checked. */
export async function readLayout(path: string): Promise<Image> {
  const get = isTar(path) ? await tarReader(path) : (name: string) => readFile(join(path, name));
  const wanted = (name: string): Promise<Uint8Array> =>
    get(name).catch((error: Error) => {
      throw new RegistryFailure(`${path}: expected an OCI image layout: ${error.message}`);
    });
  await wanted(marker);
  const images = readIndex(await wanted("index.json"));
  const [image] = images;
  if (image === undefined || images.length > 1 || /index|list/.test(image.mediaType)) {
    const found = images.length === 1 ? "an index" : String(images.length);
    throw new RegistryFailure(`${path}: index.json: expected the manifest of one image, found ${found}`);
  }
  const manifest = await wanted(fileOf(image.digest));
  checkContent(manifest, image.digest, image.size);
  const blobs = new Map<string, Uint8Array>();
  for (const descriptor of descriptorsOf(readManifest(manifest))) {
    blobs.set(descriptor.digest, await wanted(fileOf(descriptor.digest)));
    contentOf(blobs, descriptor);
  }
  return { mediaType: image.mediaType, digest: image.digest, manifest, blobs };
}

export const isTar = (path: string): boolean => path.endsWith(".tar");

type Files = ReadonlyMap<string, Uint8Array>;

function filesOf({ mediaType, digest, manifest, blobs }: Image): Files {
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ mediaType, digest, size: manifest.length }],
  };
  const contents = [manifest, ...blobs.values()].map((content) => [fileOf(digestOf(content)), content] as const);
  return new Map([
    [marker, text({ imageLayoutVersion: "1.0.0" })],
    ["index.json", text(index)],
    ...contents.sort(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

const text = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

const tarOf = (files: Files): Promise<Uint8Array> =>
  packTar(
    [...files].map(([name, body]) => ({
      header: { name, size: body.length, type: "file", mode: 0o644, uid: 0, gid: 0, mtime: new Date(0) },
      body,
    })),
  );

async function tarReader(path: string): Promise<(name: string) => Promise<Uint8Array>> {
  const entries = await readFile(path)
    .then((content) => unpackTar(content, { strict: true }))
    .catch((error: Error) => {
      throw new RegistryFailure(`${path}: expected an OCI image layout in a tar: ${error.message}`);
    });
  const files = new Map(entries.map(({ header, data }) => [header.name.replace(/^\.\//, ""), data]));
  return async (name) => {
    const content = files.get(name);
    if (content === undefined) throw new Error(`it has no ${name}`);
    return content;
  };
}

async function writeFolder(folder: string, files: Files): Promise<void> {
  await mkdir(join(folder, "blobs", "sha256"), { recursive: true });
  for (const [name, content] of files) await writeFile(join(folder, name), content);
}

/** A layout may be written again; anything else that is there is someone's. */
async function checkReplaceable(path: string): Promise<void> {
  if (!existsSync(path) || existsSync(join(path, marker))) return;
  if ((await stat(path)).isDirectory() && (await readdir(path)).length === 0) return;
  throw new RegistryFailure(`${path}: expected an OCI image layout or nothing to be replaced, found something else`);
}

/** No system call replaces a folder that has files; so the old one steps aside, and comes back if that fails. */
async function replaceFolder(path: string, draft: string): Promise<void> {
  if (!existsSync(path)) return rename(draft, path);
  const old = `${draft}.old`;
  await rename(path, old);
  await rename(draft, path).catch(async (error: Error) => {
    // Another process may have put its own there meanwhile.
    await rename(old, path).catch(() => rm(old, { recursive: true }));
    throw error;
  });
  await rm(old, { recursive: true });
}
