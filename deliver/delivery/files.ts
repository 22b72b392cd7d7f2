/** An environment as files: one for each resource, so that a review sees what changes. */
import { toYaml } from "../yaml.ts";
import type { RenderedDelivery } from "./render.ts";

/** Text by path inside of a folder. */
export type Files = ReadonlyMap<string, string>;

/** The folders below are what `kubectl apply -f` of the folder leaves alone. */
export function filesOf({ resources, patches, httpFilters }: RenderedDelivery): Files {
  return new Map([
    ...resources.map((resource) => [fileOf(resource), toYaml([resource])] as const),
    ...patches.map((patch) => [`patches/${fileOf(patch)}`, toYaml([patch])] as const),
    ...(httpFilters.length === 0
      ? []
      : [["envoy/http-filters.yaml", toYaml([{ http_filters: httpFilters }])] as const]),
  ]);
}

/** Each kind and name is there once. */
export const fileOf = ({ kind, metadata }: RenderedDelivery["resources" | "patches"][number]): string =>
  `${kind.toLowerCase()}-${metadata.name}.yaml`;

/** Where all resources of an environment are; undefined: in several. */
export function namespaceOf({ resources }: RenderedDelivery): string | undefined {
  const namespaces = new Set(resources.map(({ metadata }) => metadata.namespace));
  return namespaces.size === 1 ? [...namespaces][0] : undefined;
}

/** A folder for each environment; the files of one delivery without any are in no folder. */
export const foldersOf = (all: readonly RenderedDelivery[]): Files =>
  new Map(
    all.flatMap((each) =>
      [...filesOf(each)].map(([path, text]) => [
        each.environment === null ? path : `${each.environment}/${path}`,
        text,
      ]),
    ),
  );
