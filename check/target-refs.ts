/** What a `targetRefs` can name. Source: istio pkg/config/validation `allowedTargetRefs`. */
import { listOf, type Manifest, recordOf } from "./document.ts";
import { type Path, shown } from "./finding.ts";
import { didYouMean } from "./similar.ts";

const groups: ReadonlyMap<string, string> = new Map(
  Object.entries({
    Gateway: "gateway.networking.k8s.io",
    GatewayClass: "gateway.networking.k8s.io",
    Service: "",
    ServiceEntry: "networking.istio.io",
  }),
);

/** Of the kinds of Istio. */
export function checkTargetRefs({ value, report }: Manifest): void {
  const { targetRef, targetRefs } = recordOf(value.spec);
  const all: [unknown, Path][] = listOf(targetRefs).map((each, i) => [each, ["spec", "targetRefs", i]]);
  for (const [each, path] of [...all, [targetRef, ["spec", "targetRef"]] as const]) {
    const { group = "", kind, namespace } = recordOf(each);
    if (typeof kind !== "string") continue;
    const wanted = groups.get(kind);
    if (wanted === undefined) {
      const kinds = [...groups.keys()];
      report([...path, "kind"], `expected one of ${kinds.join(", ")}, found ${shown(kind)}${didYouMean(kind, kinds)}`);
    } else if (group !== wanted && !(wanted === "" && group === "core"))
      report([...path, "group"], `expected ${shown(wanted)}, the group of ${kind}, found ${shown(group)}`);
    if (namespace !== undefined && namespace !== "")
      report([...path, "namespace"], "expected none, as a target is in the namespace of the object itself");
  }
}
