/** An environment as files: one for each resource, so that a review sees what changes. */
import { toYaml } from "../yaml.ts";
import type { RenderedDelivery } from "./render.ts";

/** Text by path inside of a folder. */
export type Files = ReadonlyMap<string, string>;

/** The first line of every file, by which those are known that may be written anew and taken away. */
export const header = "# Written by pwk manifest; changes are lost.";

export const withHeader = (text: string): string => `${header}\n${text}`;

/** The folders below are what `kubectl apply -f` of the folder leaves alone. */
export function filesOf({ resources, patches, httpFilters }: RenderedDelivery): Files {
  return new Map([
    ...resources.map((resource) => [fileOf(resource), withHeader(toYaml([resource]))] as const),
    ...patches.map((patch) => [`patches/${fileOf(patch)}`, withHeader(toYaml([patch]))] as const),
    ...(httpFilters.length === 0
      ? []
      : [["envoy/http-filters.yaml", withHeader(toYaml([{ http_filters: httpFilters }]))] as const]),
  ]);
}

/** Each kind and name is there once. */
export const fileOf = ({ kind, metadata }: RenderedDelivery["resources" | "patches"][number]): string =>
  `${kind.toLowerCase()}-${metadata.name}.yaml`;

/** A folder for each environment; the files of one delivery without any are in no folder. */
export const foldersOf = (all: readonly RenderedDelivery[], toFiles = filesOf): Files =>
  new Map(
    all.flatMap((each) =>
      [...toFiles(each)].map(([path, text]) => [
        each.environment === null ? path : `${each.environment}/${path}`,
        text,
      ]),
    ),
  );
