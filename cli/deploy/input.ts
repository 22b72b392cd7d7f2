/** What `deploy`, `status` and `undeploy` are about: manifests, or all that a `pwk.yaml` delivers. */
import { type Finding, type ManifestFile, readManifests } from "@proxy-wasm-kit/check";
import { patchableKinds } from "@proxy-wasm-kit/deliver";
import { readManifestFiles, renderedFile } from "../check/files.ts";
import { checkText } from "../check/text.ts";
import { isRecord } from "../cluster/difference.ts";
import { titleOf, type WrittenObject } from "../cluster/objects.ts";
import { defaultFile, leftOut, renderDelivery } from "../delivery/index.ts";
import { Failure } from "../failure.ts";

export interface InputOptions {
  readonly file?: string;
  readonly env?: string;
}

/** The text of each file; a `pwk.yaml` as what is made of it. What that leaves to others is told to `note`. */
export async function readInput(
  paths: readonly string[],
  { file, env }: InputOptions,
  note: (line: string) => void,
): Promise<readonly ManifestFile[]> {
  if (paths.length > 0) {
    if (file !== undefined || env !== undefined)
      throw new Failure(`${file === undefined ? "--env" : "--file"}: expected it without manifests, found both`);
    return readManifestFiles(paths);
  }
  const name = file ?? defaultFile;
  const rendered = await renderDelivery({ file: name, ...(env !== undefined && { environment: env }) });
  for (const line of leftOut(rendered)) note(line);
  return [renderedFile(name, rendered)];
}

/** In their order. Throws `Failure` for what cannot be read. */
export function objectsOf(files: readonly ManifestFile[]): readonly WrittenObject[] {
  const findings: Finding[] = [];
  const objects = files.flatMap((file) => readManifests(file, findings));
  if (findings.length > 0) throw new Failure(checkText(findings, files.length));
  const [first] = files;
  if (objects.length === 0) throw new Failure(`${first?.name}: expected at least one object of Kubernetes, found none`);
  for (const object of objects) {
    if (object.name === "") throw new Failure(`${object.kind}: expected metadata.name, found none`);
    if (isPatch(object))
      throw new Failure(
        `${titleOf(object)}: expected a selector, found none: a patch is for kubectl patch, and its workload is somebody else's`,
      );
  }
  return objects;
}

/** As `pwk manifest pod-patch` writes it; of a whole workload Kubernetes requires that it has a selector. */
function isPatch({ kind, value: { spec } }: WrittenObject): boolean {
  return patchableKinds.some((each) => each === kind) && isRecord(spec) && !isRecord(spec.selector);
}

/** What no message may repeat, whole before its parts. */
export const secretsOf = (objects: readonly WrittenObject[]): readonly string[] =>
  objects
    .filter(({ kind }) => kind === "Secret")
    .flatMap(({ value: { data, stringData } }) => [
      ...textsOf(stringData),
      ...textsOf(data).flatMap((text) => [text, Buffer.from(text, "base64").toString()]),
    ])
    // As the server quotes it, too.
    .flatMap((text) => [text, JSON.stringify(text).slice(1, -1)])
    .filter((text) => text.length > 3)
    .sort((a, b) => b.length - a.length);

/** At any depth: what is no text is refused, with its value. */
function textsOf(value: unknown): readonly string[] {
  if (typeof value === "object" && value !== null) return Object.values(value).flatMap(textsOf);
  return value === undefined || value === null ? [] : [String(value)];
}
