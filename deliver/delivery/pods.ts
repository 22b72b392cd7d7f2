/** The patches that bring modules as files into the pods of workloads. */
import { configMapPatch, initContainerPatch, type PatchedWorkload } from "../modes/pod-patch.ts";
import type { DeliveryPlan } from "../plan.ts";
import { InvalidPlan } from "../problems.ts";
import { type PodPatch, patchableKinds } from "../resources/pod-patch.ts";
import { within } from "./entry-problems.ts";
import type { LoadedFilter } from "./loaded.ts";

/** One for each workload. Throws `InvalidPlan`. */
export function podPatches(
  filters: readonly LoadedFilter[],
  planOf: (filter: LoadedFilter) => DeliveryPlan,
): readonly PodPatch[] {
  const byWorkload = new Map<string, LoadedFilter[]>();
  for (const filter of filters) {
    const { workload } = filter.settings.module ?? {};
    if (workload === undefined) continue;
    const key = `${filter.settings.namespace}/${workload.toLowerCase()}`;
    byWorkload.set(key, [...(byWorkload.get(key) ?? []), filter]);
  }
  return [...byWorkload.values()].map((group) => {
    const [first] = group as [LoadedFilter, ...LoadedFilter[]];
    return within(first.at, () => patchOf(first, group, group.map(planOf)));
  });
}

function patchOf(first: LoadedFilter, group: readonly LoadedFilter[], plans: readonly DeliveryPlan[]): PodPatch {
  const { workload: text = "", imagePath } = first.settings.module ?? {};
  const workload = workloadOf(text);
  const copied = group.find(({ settings }) => settings.module?.initContainer !== undefined);
  if (copied === undefined) return configMapPatch(workload, ...plans);
  const [plan] = plans;
  if (group.length > 1 || plan === undefined)
    throw new InvalidPlan([
      `/image: expected ${copied.name} alone in ${text}, as a pod has one such annotation, found ${group.length} filters`,
    ]);
  const image = copied.settings.module?.initContainer ?? "";
  return initContainerPatch(workload, { image, ...(imagePath !== undefined && { path: imagePath }) }, plan);
}

function workloadOf(text: string): PatchedWorkload {
  const [, kind = "", name = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const found = patchableKinds.find((each) => each.toLowerCase() === kind.toLowerCase());
  if (found === undefined || name === "")
    throw new InvalidPlan([
      `/workload: expected a kind and a name such as deployment/httpbin, found ${JSON.stringify(text)}`,
    ]);
  return { kind: found, name };
}
