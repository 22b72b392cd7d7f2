/** The patches that bring modules as files, and Secrets as variables, into the pods of workloads. */
import { checkFile, type ModuleFile, type PatchedWorkload, podPatch } from "../modes/pod-patch.ts";
import type { DeliveryPlan } from "../plan.ts";
import { InvalidPlan } from "../problems.ts";
import { type PodPatch, patchableKinds } from "../resources/pod-patch.ts";
import type { SecretVariable } from "../secret-variable.ts";
import { within } from "./entry-problems.ts";
import { secretsOf } from "./host-env.ts";
import type { LoadedFilter } from "./loaded.ts";

/** One for each workload. Throws `InvalidPlan`. */
export function podPatches(
  filters: readonly LoadedFilter[],
  planOf: (filter: LoadedFilter) => DeliveryPlan,
): readonly PodPatch[] {
  const byWorkload = new Map<string, Needs[]>();
  for (const filter of filters) {
    const needs = within(filter.at, () => needsOf(filter, planOf));
    if (needs === undefined) continue;
    const { kind, name, namespace } = needs.workload;
    const key = `${namespace}/${kind}/${name}`;
    byWorkload.set(key, [...(byWorkload.get(key) ?? []), needs]);
  }
  return [...byWorkload.values()].map((group) => {
    const [first] = group as [Needs, ...Needs[]];
    const isGateway = group.some(({ workload }) => workload.isGateway);
    const files = group.flatMap(({ file }) => file ?? []);
    const secrets = group.flatMap((each) => each.secrets);
    return within(first.at, () => podPatch({ ...first.workload, isGateway }, { files, secrets }));
  });
}

/** What one filter needs in the pods of its workload. */
interface Needs {
  readonly at: readonly string[];
  readonly workload: PatchedWorkload;
  readonly file: ModuleFile | undefined;
  readonly secrets: readonly SecretVariable[];
}

function needsOf(filter: LoadedFilter, planOf: (filter: LoadedFilter) => DeliveryPlan): Needs | undefined {
  const { settings, at } = filter;
  const secrets = secretsOf(settings);
  const { configMap, initContainer: image, imagePath: path } = settings.module ?? {};
  if (secrets.length === 0 && configMap === undefined && image === undefined) return undefined;
  const plan = planOf(filter);
  const file =
    image !== undefined
      ? { plan, image: { image, ...(path !== undefined && { path }) } }
      : configMap !== undefined
        ? { plan }
        : undefined;
  if (file !== undefined) checkFile(file);
  const isGateway = plan.context === "GATEWAY" || plan.targetRefs !== undefined;
  return { at, workload: { ...workloadOf(settings.workload), namespace: plan.namespace, isGateway }, file, secrets };
}

function workloadOf(text = ""): Pick<PatchedWorkload, "kind" | "name"> {
  const [, kind = "", name = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const found = patchableKinds.find((each) => each.toLowerCase() === kind.toLowerCase());
  if (found === undefined || name === "")
    throw new InvalidPlan([
      `/workload: expected a kind and a name such as deployment/httpbin, found ${JSON.stringify(text)}`,
    ]);
  return { kind: found, name };
}
