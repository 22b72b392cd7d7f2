/** The tools that others deliver with; a test without one is skipped, and told so. */
import { spawnSync } from "node:child_process";

/** The first of these commands that there is; HELM and KUSTOMIZE name others. */
const find = (...candidates: readonly (readonly string[])[]): readonly string[] | undefined =>
  candidates.find(([command = "", ...args]) => spawnSync(command, [...args, "--help"]).status === 0);

export const kustomize = find([process.env.KUSTOMIZE ?? "kustomize", "build"], ["kubectl", "kustomize"]);
export const helm = find([process.env.HELM ?? "helm", "template"]);

export const withoutKustomize =
  kustomize === undefined
    ? ": kustomize is missing (go install sigs.k8s.io/kustomize/kustomize/v5@v5.8.1, or kubectl)"
    : "";
export const withoutHelm = helm === undefined ? ": helm is missing (go install helm.sh/helm/v3/cmd/helm@v3.22.0)" : "";

export function run([command = "", ...args]: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: exit code ${status}\n${stderr}`);
  return stdout;
}
