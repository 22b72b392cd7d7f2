/** `pwk manifest configmap`, `pwk manifest pod-patch`: what a proxy's container gets, modules as files and Secrets as variables. */
import {
  type DeliveryPlan,
  isVariableName,
  type ModuleFile,
  moduleConfigMap,
  type PatchedWorkload,
  parseSecretKey,
  patchableKinds,
  podPatch,
  type SecretVariable,
  secretKeyForm,
} from "@proxy-wasm-kit/deliver";
import { Command, InvalidArgumentError } from "commander";
import { Failure } from "../failure.ts";
import { readFilter, readModule } from "../filter.ts";
import { collect } from "../input.ts";
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
  readonly workload: Pick<PatchedWorkload, "kind" | "name">;
  readonly gateway?: true;
  readonly image?: string;
  readonly imagePath?: string;
  /** As they were typed. */
  readonly secretEnv?: readonly string[];
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
  addFileOptions(
    new Command("pod-patch").argument(
      "[filters...]",
      "names or folders of all filters of the workload whose modules are files",
    ),
  )
    .description(
      "Patch of a workload whose proxies get modules as files, and Secrets as variables of their environment.",
    )
    .requiredOption("--workload <kind/name>", `${patchableKinds.join(", ").toLowerCase()}`, workload)
    .option("--gateway", "the workload is a gateway, which has the proxy's container itself")
    .option(
      "--image <reference>",
      "image with cp and the module, for an init container; {filter} is replaced (default: ConfigMaps)",
    )
    .option("--image-path <path>", "of the module in the image; {filter} is replaced (default: /plugin.wasm)")
    .option(
      "--secret-env <NAME=secret/key>",
      "variable of the proxy's environment out of a Secret of the namespace; may be repeated",
      collect(String),
    )
    .addHelpText(
      "after",
      `
It is a strategic merge patch, for kubectl patch and for Kustomize; all that a workload needs is in one. The pods are made anew.

Examples:
  pwk manifest pod-patch hmac-auth shadow-host --namespace prod --workload deployment/httpbin --out patch.yaml
  pwk manifest pod-patch hmac-auth --namespace prod --workload deployment/httpbin --image ghcr.io/me/files:1 --out patch.yaml
  pwk manifest pod-patch --namespace prod --workload deployment/httpbin --secret-env HMAC_KEY=webhook-keys/github --out patch.yaml
  kubectl -n prod patch deployment httpbin --patch-file patch.yaml`,
    )
    .action(async (filters: string[], options: PodPatchOptions) => {
      const { namespace, gateway: isGateway = false } = options;
      const secrets = (options.secretEnv ?? []).map(secretVariable);
      const plans: DeliveryPlan[] = [];
      for (const filter of filters) plans.push(await planOf(filter, options));
      const files = filesOf(plans, options);
      if (files.length + secrets.length === 0)
        throw new Failure("pod-patch: expected filters whose modules are files, or --secret-env, found neither");
      await writeResources([podPatch({ ...options.workload, namespace, isGateway }, { files, secrets })], options);
    });

const addFileOptions = (command: Command): Command =>
  command
    .requiredOption("--namespace <name>", "namespace of the workloads")
    .addOption(modulePathOption())
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption());

function filesOf(plans: readonly DeliveryPlan[], { image, imagePath, modulePath }: PodPatchOptions): ModuleFile[] {
  const isOne = plans.length === 1;
  if (modulePath !== undefined && !isOne) throw new Failure(`--module-path: ${oneFilter(plans)}`);
  if (image === undefined && imagePath !== undefined) throw new Failure("--image-path: expected --image beside it");
  if (image === undefined) return plans.map((plan) => ({ plan }));
  if (plans.length === 0) throw new Failure(`--image: ${oneFilter(plans)}`);
  if (!isOne && !`${image}${imagePath}`.includes("{filter}"))
    throw new Failure(`--image: expected {filter} in it, or in --image-path, as there are ${plans.length} filters`);
  return plans.map((plan) => {
    const filled = (text: string) => text.replaceAll("{filter}", plan.name);
    return { plan, image: { image: filled(image), ...(imagePath !== undefined && { path: filled(imagePath) }) } };
  });
}

const oneFilter = ({ length }: readonly unknown[]) => `expected one filter, found ${length === 0 ? "none" : "several"}`;

/** Who gives a value in the place of a key's name has typed a secret: it is not repeated. */
function secretVariable(text: string): SecretVariable {
  const [, name = "", of = ""] = /^([^=]*)=(.*)$/s.exec(text) ?? [];
  const key = parseSecretKey(of);
  if (!isVariableName(name) || key === undefined)
    throw new Failure(
      `--secret-env: expected NAME=secret/key, a variable and ${secretKeyForm}; never the value itself`,
    );
  return { name, ...key };
}

/** A file is for whichever proxies mount it. */
const planOf = async (filter: string, { namespace, modulePath }: FileOptions): Promise<DeliveryPlan> => ({
  ...(await readFilter(filter)),
  namespace,
  selector: "*",
  context: "SIDECAR_INBOUND",
  ...(modulePath !== undefined && { modulePath }),
});

function workload(text: string): PodPatchOptions["workload"] {
  const [, kind = "", name = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const found = patchableKinds.find((each) => each.toLowerCase() === kind.toLowerCase());
  if (found === undefined || name === "")
    throw new InvalidArgumentError("expected a kind and a name such as deployment/httpbin.");
  return { kind: found, name };
}
