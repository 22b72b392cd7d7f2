/** The tools that others deliver with: those on the PATH, or those that are built for the tests. Without one a test is skipped. */
import { spawnSync } from "node:child_process";
import { filesIn } from "../kube/location.mjs";

const built = filesIn();

/** The first of these commands that there is. */
const find = (...candidates: readonly (readonly string[])[]): readonly string[] | undefined =>
  candidates.find(([command = "", ...args]) => spawnSync(command, [...args, "--help"]).status === 0);

export const kustomize = find(["kustomize", "build"], ["kubectl", "kustomize"], [built.kubectl, "kustomize"]);
export const helm = find(["helm", "template"], [built.helm, "template"]);

export const withoutKustomize =
  kustomize === undefined ? ": kustomize is missing (install kubectl, or run npm run kube:build)" : "";
export const withoutHelm = helm === undefined ? ": helm is missing (install it, or run npm run kube:build)" : "";

export function run([command = "", ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${status}\n${stderr}`);
  return stdout;
}
