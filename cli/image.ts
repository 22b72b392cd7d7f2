/** What `pwk package`, `push` and `pull` have in common. */
import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { readAbiVersion, readModuleTypes } from "@proxy-wasm-kit/host";
import {
  annotationsOf,
  digestOf,
  type Image,
  isTar,
  mediaTypes,
  moduleOf,
  packageModule,
  readLayout,
  readManifest,
  type Variant,
  variants,
} from "@proxy-wasm-kit/registry";
import { type Command, Option } from "commander";
import { Failure } from "./failure.ts";
import { collectOnce, readBytes } from "./input.ts";
import { bytes } from "./print.ts";

export interface PackagingOptions {
  readonly variant?: Variant;
  readonly source?: string;
  readonly revision?: string;
  readonly imageVersion?: string;
  readonly annotation?: readonly (readonly [string, string])[];
}

/** Adds the options that decide what an image is. */
export const withPackagingOptions = (command: Command): Command =>
  command
    .addOption(
      new Option("--variant <variant>", `form of the image (default: compat)\n${variantLines}`).choices(
        Object.keys(variants),
      ),
    )
    .option("--source <url>", "annotation org.opencontainers.image.source: where the code is")
    .option("--revision <commit>", "annotation org.opencontainers.image.revision")
    .option("--image-version <version>", "annotation org.opencontainers.image.version")
    .option("--annotation <name=value>", "another annotation; may be repeated", collectOnce);

const variantLines = Object.entries(variants)
  .map(([name, description]) => `${name}: ${description}`)
  .join("\n");

/** The image of a module, or the one that was packaged before. */
export async function readImage(path: string, options: PackagingOptions): Promise<Image> {
  if (!(await isLayout(path))) return packageFile(path, options);
  const given = Object.values(options).some((value) => value !== undefined);
  if (given) throw new Failure(`${path}: is packaged already: give the options of the image to pwk package`);
  return readLayout(path);
}

const isLayout = async (path: string): Promise<boolean> =>
  isTar(path) ||
  (await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  ));

/** Makes the image of a module that Envoy would load. */
export async function packageFile(path: string, options: PackagingOptions): Promise<Image> {
  const module = await readBytes("module", path);
  if (!WebAssembly.validate(new Uint8Array(module))) {
    throw new Failure(`${path}: expected a WebAssembly module, found something else`);
  }
  const abiVersion = readAbiVersion(readModuleTypes(new Uint8Array(module)));
  if (abiVersion === null) {
    throw new Failure(
      `${path}: expected a module of the Proxy-Wasm ABI, found none of its versions: Envoy would refuse it`,
    );
  }
  const { variant = "compat", source, revision, imageVersion, annotation = [] } = options;
  const standard = { title: titleOf(path), source, revision, version: imageVersion };
  const annotations = Object.entries(standard).flatMap(([name, value]) =>
    value === undefined ? [] : [[`org.opencontainers.image.${name}`, value] as const],
  );
  return packageModule(module, {
    variant,
    abiVersion,
    annotations: Object.fromEntries([...annotations, ...annotation]),
  });
}

const titleOf = (path: string) => (path === "-" ? undefined : basename(path, ".wasm"));

/** Where `pwk package` puts the image: beside the module. */
export const defaultLayout = (path: string) => `${path === "-" ? "plugin" : path.replace(/\.wasm$/, "")}.image`;

/** What the commands print of an image. */
export interface ImageSummary {
  /** Of the manifest: what `@` in a reference and a WasmPlugin's sha256 mean. */
  readonly digest: string;
  readonly mediaType: string;
  readonly variant: Variant;
  /** Of all that a registry keeps. */
  readonly bytes: number;
  readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[];
  readonly module: { readonly digest: string; readonly bytes: number };
  readonly annotations: Readonly<Record<string, string>>;
}

export async function summaryOf(image: Image): Promise<ImageSummary> {
  const module = await moduleOf(image);
  const { layers, mediaType } = readManifest(image.manifest);
  const isArtifact = layers.some((layer) => layer.mediaType === mediaTypes.wasmLayer);
  const blobBytes = [...image.blobs.values()].reduce((sum, { length }) => sum + length, 0);
  return {
    digest: image.digest,
    mediaType: image.mediaType,
    variant: isArtifact ? "oci" : mediaType === mediaTypes.dockerManifest ? "docker" : "compat",
    bytes: image.manifest.length + blobBytes,
    layers: layers.map(({ mediaType: type, digest, size }) => ({ mediaType: type, digest, size })),
    module: { digest: digestOf(module), bytes: module.length },
    annotations: annotationsOf(image),
  };
}

/** "compat image, 47,912 B, of a module of 106,235 B". */
export const describeImage = ({ variant, bytes: size, module }: ImageSummary): string =>
  `${variant} image, ${bytes(size)}, of a module of ${bytes(module.bytes)}`;
