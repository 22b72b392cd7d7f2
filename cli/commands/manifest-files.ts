/** `pwk manifest configmap`, `pwk manifest pod-patch`: how a module gets into the proxy's container as a file. */
import {
  configMapPatch,
  type DeliveryPlan,
  initContainerPatch,
  moduleConfigMap,
  type PatchedWorkload,
  patchableKinds,
} from "@proxy-wasm-kit/deliver";
import { Command, InvalidArgumentError } from "commander";
import { Failure } from "../failure.ts";
import { readFilter, readModule } from "../filter.ts";
import { outputOption } from "../print.ts";
import { type WriteOptions, writeResources } from "./manifest-output.ts";
import { filterArgument, modulePathOption } from "./manifest-plugin.ts";

interface FileOptions extends WriteOptions {
  readonly namespace: string;
  readonly modulePath?: string;
}

interface ConfigMapOptions extends FileOptions {
  readonly module: string;
}

interface PodPatchOptions extends FileOptions {
  readonly workload: PatchedWorkload;
  readonly image?: string;
  readonly imagePath?: string;
}

export const manifestConfigMap = (): Command =>
  addFileOptions(new Command("configmap").argument(...filterArgument))
    .description("ConfigMap with a module of at most 1 MiB, for pod-patch to mount.")
    .requiredOption("--module <file>", "the module")
    .addHelpText(
      "after",
      `
Example (without --server-side, kubectl takes no module over about 190 KiB):
  pwk manifest configmap hmac-auth --namespace prod --module dist/hmac-auth.wasm | kubectl apply --server-side -f -`,
    )
    .action(async (filter: string, options: ConfigMapOptions) => {
      const module = await readModule("--module", options.module);
      await writeResources([moduleConfigMap(await planOf(filter, options), module)], options);
    });

export const manifestPodPatch = (): Command =>
  addFileOptions(new Command("pod-patch").argument("<filters...>", "names or folders of all filters of the workload"))
    .description("Patch of a workload whose sidecars have modules as files: out of ConfigMaps, or out of an image.")
    .requiredOption("--workload <kind/name>", `${patchableKinds.join(", ").toLowerCase()}`, workload)
    .option("--image <reference>", "image with cp and the module, for an init container (default: ConfigMaps)")
    .option("--image-path <path>", "of the module in the image (default: /plugin.wasm)")
    .addHelpText(
      "after",
      `
It is a strategic merge patch, for kubectl patch and for Kustomize. The pods are made anew.

Examples:
  pwk manifest pod-patch hmac-auth shadow-host --namespace prod --workload deployment/httpbin --out patch.yaml
  pwk manifest pod-patch hmac-auth --namespace prod --workload deployment/httpbin --image ghcr.io/me/files:1 --out patch.yaml
  kubectl -n prod patch deployment httpbin --patch-file patch.yaml`,
    )
    .action(async (filters: string[], options: PodPatchOptions) => {
      const plans: DeliveryPlan[] = [];
      for (const filter of filters) plans.push(await planOf(filter, options));
      await writeResources([patchOf(plans, options)], options);
    });

const addFileOptions = (command: Command): Command =>
  command
    .requiredOption("--namespace <name>", "namespace of the workloads")
    .addOption(modulePathOption())
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption());

function patchOf(plans: readonly DeliveryPlan[], { workload, image, imagePath, modulePath }: PodPatchOptions) {
  const [first, ...others] = plans;
  if (modulePath !== undefined && others.length > 0)
    throw new Failure("--module-path: expected one filter, found several");
  if (image === undefined && imagePath !== undefined) throw new Failure("--image-path: expected --image beside it");
  if (image === undefined || first === undefined) return configMapPatch(workload, ...plans);
  if (others.length > 0)
    throw new Failure("--image: expected one filter, found several; a pod has one such annotation");
  return initContainerPatch(workload, { image, ...(imagePath !== undefined && { path: imagePath }) }, first);
}

/** A file is for whichever proxies mount it. */
const planOf = async (filter: string, { namespace, modulePath }: FileOptions): Promise<DeliveryPlan> => ({
  ...(await readFilter(filter)),
  namespace,
  selector: "*",
  context: "SIDECAR_INBOUND",
  ...(modulePath !== undefined && { modulePath }),
});

function workload(text: string): PatchedWorkload {
  const [, kind = "", name = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const found = patchableKinds.find((each) => each.toLowerCase() === kind.toLowerCase());
  if (found === undefined || name === "")
    throw new InvalidArgumentError("expected a kind and a name such as deployment/httpbin.");
  return { kind: found, name };
}
