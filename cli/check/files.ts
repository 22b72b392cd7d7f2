/** The manifests that a command is about: in files, or made of a pwk.yaml. */
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { ManifestFile } from "@proxy-wasm-kit/check";
import { type RenderedDelivery, toYaml } from "@proxy-wasm-kit/deliver";
import { type DeliveryOptions, defaultFile, renderDeliveries } from "../delivery/index.ts";
import { Failure, messageOf } from "../failure.ts";
import { readBytes } from "../input.ts";

/** What `pwk manifest` would print: one file for each environment. */
export async function renderedFiles(options: DeliveryOptions): Promise<ManifestFile[]> {
  const { file = defaultFile } = options;
  const deliveries = await renderDeliveries(options);
  return deliveries.map((rendered) => renderedFile(file, rendered));
}

export const renderedFile = (file: string, { environment, resources }: RenderedDelivery): ManifestFile => ({
  name: environment === null ? file : `${file} (${environment})`,
  text: toYaml(resources),
});

/** Files as they are named, of folders all that are YAML or JSON, "-" for standard input. */
export async function readManifestFiles(paths: readonly string[]): Promise<ManifestFile[]> {
  const files: ManifestFile[] = [];
  for (const path of paths) {
    for (const file of await filesIn(path)) {
      const bytes = await readBytes("manifest", file);
      files.push({ name: file === "-" ? "standard input" : file, text: decoded(file, bytes) });
    }
  }
  return files;
}

async function filesIn(path: string): Promise<string[]> {
  if (path === "-") return [path];
  const found = await stat(path).catch((error: unknown) => {
    throw new Failure(`${path}: cannot be read: ${messageOf(error)}`);
  });
  if (!found.isDirectory()) return [path];
  const names = await readdir(path, { recursive: true });
  const chart = names.find((name) => basename(name) === "Chart.yaml");
  if (chart !== undefined) {
    const folder = join(path, dirname(chart));
    throw new Failure(`${folder}: a chart is templates; check what it makes: helm template ${folder} | pwk check -`);
  }
  const files = names.filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
  if (files.length === 0) throw new Failure(`${path}: expected files of YAML or JSON, found none`);
  return files.map((name) => join(path, name));
}

function decoded(file: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Failure(`${file}: expected UTF-8, found other bytes`);
  }
}
