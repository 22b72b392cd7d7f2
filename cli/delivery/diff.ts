/** What would change: files against files here, resources against the cluster with the user's own kubectl. */
import { stat } from "node:fs/promises";
import { type Resource, toYaml } from "@proxy-wasm-kit/deliver";
import { Kubectl } from "../cluster/kubectl.ts";
import { Failure } from "../failure.ts";
import { readBytes } from "../input.ts";
import { type FolderContent, readWritten } from "./folder.ts";

export interface Change {
  /** Of the file; null: what the cluster has. */
  readonly path: string | null;
  readonly change: "added" | "changed" | "removed";
  /** As `diff -u` writes it. */
  readonly diff: string;
}

/** Against files that `pwk manifest` has written. */
export async function folderChanges(folder: string, content: FolderContent): Promise<readonly Change[]> {
  const { name, files, isOurs } = content;
  if (!(await isFolder(folder)))
    throw new Failure(`--diff: ${folder}: expected a file or folder that pwk manifest has written, found none`);
  const before = await readWritten("--diff", folder, name);
  const paths = [...new Set([...files.keys(), ...[...before.keys()].filter(isOurs)])].sort();
  return (await Promise.all(paths.map((path) => changeOf(path, before.get(path), files.get(path))))).flat();
}

export async function fileChanges(path: string, text: string): Promise<readonly Change[]> {
  return changeOf(path, Buffer.from(await readBytes("--diff", path)).toString(), text);
}

export const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );

async function changeOf(path: string, before: string | undefined, after: string | undefined): Promise<Change[]> {
  if (before === after) return [];
  // Loaded when it is needed, as the validator is.
  const { createTwoFilesPatch } = await import("diff");
  const [from, to] = [
    before === undefined ? "/dev/null" : `a/${path}`,
    after === undefined ? "/dev/null" : `b/${path}`,
  ];
  const diff = createTwoFilesPatch(from, to, before ?? "", after ?? "").replace(/^=+\n/, "");
  return [{ path, change: before === undefined ? "added" : after === undefined ? "removed" : "changed", diff }];
}

/** Of `kubectl diff`, which asks for each resource, in ms. */
const diffLimitMs = 30_000;

/** What `kubectl diff` tells; it asks the API server, which changes nothing. Whoever has applied it: the values count. */
export async function clusterChanges(resources: readonly Resource[]): Promise<readonly Change[]> {
  const kubectl = new Kubectl({ limitMs: diffLimitMs });
  const args = ["diff", "--server-side", "--force-conflicts", "--filename", "-"];
  const { stdout: diff } = await kubectl.run("--diff cluster", args, toYaml(resources), [0, 1]);
  return diff === "" ? [] : [{ path: null, change: "changed", diff }];
}
