/** Environments as Kustomize has them: a base with what they share, and an overlay for each. */
import type { Resource } from "../resources/metadata.ts";
import { toYaml } from "../yaml.ts";
import { type Comparison, compare, isEnvironmentLabel, isNamespace, type Path } from "./compare.ts";
import { type Files, fileOf, filesOf, namespaceOf } from "./files.ts";
import { environmentLabel } from "./labels.ts";
import type { RenderedDelivery } from "./render.ts";

/** `kustomize build overlays/<environment>` gives its resources; of a delivery without environments `base` does. */
export function kustomizeFiles(all: readonly RenderedDelivery[]): Files {
  const [first] = all;
  if (first === undefined) return new Map();
  if (first.environment === null)
    return inFolder("base", withKustomization(filesOf(first), first.resources.map(fileOf)));
  const shared = sharedResources(all);
  const base = new Map([...shared].map(([path, { shared: text }]) => [path, toYaml([text as object])]));
  return new Map([
    ...inFolder("base", withKustomization(base, [...shared.keys()])),
    ...all.flatMap((each, i) => [...inFolder(`overlays/${each.environment}`, overlay(each, i, shared))]),
  ]);
}

type Shared = ReadonlyMap<string, Comparison>;

/** Of what every environment has. */
function sharedResources(all: readonly RenderedDelivery[]): Shared {
  const shared = new Map<string, Comparison>();
  for (const path of all[0]?.resources.map(fileOf) ?? []) {
    const resources = all.map(({ resources }) => resources.find((each) => fileOf(each) === path));
    if (resources.every((each) => each !== undefined)) shared.set(path, compare(resources));
  }
  return shared;
}

function overlay(rendered: RenderedDelivery, index: number, shared: Shared): Files {
  const namespace = namespaceOf(rendered);
  const isGeneral = (path: Path) => isEnvironmentLabel(path) || (namespace !== undefined && isNamespace(path));
  const own = rendered.resources.filter((resource) => !shared.has(fileOf(resource)));
  const files = [...filesOf(rendered)].filter(([path]) => !shared.has(path));
  const patches = [...shared.values()].flatMap(({ shared: base, differences }) => {
    // The value is not last: Kustomize cuts the blanks off a patch's end, and with them line breaks that a text ends with.
    const operations = differences.flatMap(({ path, values }) =>
      values[index] === undefined || isGeneral(path) ? [] : [{ path: pointer(path), value: values[index], op: "add" }],
    );
    const { kind, metadata } = base as Resource;
    if (operations.length === 0) return [];
    return [{ target: { kind, name: metadata.name }, patch: toYaml([operations]) }];
  });
  const resources = [...(shared.size === 0 ? [] : ["../../base"]), ...own.map(fileOf)];
  return withKustomization(new Map(files), resources, {
    ...(namespace !== undefined && { namespace }),
    labels: [{ pairs: { [environmentLabel]: rendered.environment } }],
    ...(patches.length > 0 && { patches }),
  });
}

function withKustomization(files: Files, resources: readonly string[], others: object = {}): Files {
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    resources,
    ...others,
  };
  return new Map([["kustomization.yaml", toYaml([kustomization])], ...files]);
}

const inFolder = (folder: string, files: Files): Files =>
  new Map([...files].map(([path, text]) => [`${folder}/${path}`, text]));

/** RFC 6901. */
const pointer = (path: Path): string =>
  path.map((each) => `/${String(each).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
