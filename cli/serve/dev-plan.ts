/** What `pwk dev` builds, serves and watches. */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import { readConfiguration } from "../configuration.ts";
import { Failure } from "../failure.ts";
import { readModule } from "../filter.ts";
import { readDeliveryChain } from "./delivery-chain.ts";

export interface DevArguments {
  /** Folders with assembly/index.ts; none: those of the `pwk.yaml`, or this folder, or the only one in filters/. */
  readonly folders: readonly string[];
  readonly file: string;
  readonly environment?: string;
  readonly config?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly rootId?: string;
}

export interface DevPlan {
  /** Folders of filters to build. */
  readonly builds: readonly string[];
  /** In the order requests pass them; `built` has modules by the folder of the filter. */
  readonly filters: (built: ReadonlyMap<string, string>) => readonly FilterSpec[];
  /** Files and folders of which a change needs a build. */
  readonly sources: readonly string[];
  /** Of which it needs none. */
  readonly others: readonly string[];
}

/** Read anew for each reload. Throws `Failure`. */
export async function readPlan(given: DevArguments): Promise<DevPlan> {
  const isDelivery = given.folders.length === 0 && given.config === undefined && existsSync(given.file);
  return isDelivery ? planOfDelivery(given) : planOfFolders(given);
}

async function planOfDelivery({ file, environment, env }: DevArguments): Promise<DevPlan> {
  const { filters, files } = await readDeliveryChain(file, environment, env);
  const builds = [...new Set(filters.flatMap(({ folder }) => folder ?? []))];
  const ready = filters.filter(({ folder }) => folder === undefined).map(({ module }) => module);
  for (const module of ready) await readModule(file, module);
  return {
    builds,
    filters: (built) =>
      filters.map(({ spec, folder, module }) => ({ ...spec, wasm: built.get(folder ?? "") ?? module })),
    sources: sourcesOf(builds),
    others: [...files, ...ready],
  };
}

async function planOfFolders({ folders, file, config, env, rootId }: DevArguments): Promise<DevPlan> {
  const builds = folders.length > 0 ? folders : [await onlyFilter()];
  if (builds.length > 1 && (config !== undefined || rootId !== undefined))
    throw new Failure("--config, --root-id: expected one filter, found several; give each its own in a pwk.yaml");
  if (config === "-") throw new Failure("--config: expected what can be read again, found standard input");
  const configuration = config === undefined ? undefined : await readConfiguration(config);
  const path = config?.replace(/^@/, "");
  return {
    builds,
    filters: (built) =>
      builds.map((folder) => {
        const wasm = built.get(folder) ?? "";
        const name = basename(wasm, ".wasm");
        return {
          ...{ name, wasm, rootId: rootId ?? name, environment: env },
          ...(configuration !== undefined && { configuration }),
        };
      }),
    sources: sourcesOf(builds),
    others: [file, ...(path !== undefined && existsSync(path) ? [path] : [])],
  };
}

const sourcesOf = (folders: readonly string[]): string[] => [
  "asconfig.json",
  ...folders.flatMap((folder) => [join(folder, "assembly"), join(folder, "package.json")]),
];

async function onlyFilter(): Promise<string> {
  const isFilter = (folder: string) => existsSync(join(folder, "assembly", "index.ts"));
  if (isFilter(".")) return ".";
  const names = existsSync("filters") ? await readdir("filters") : [];
  const found = names.map((name) => join("filters", name)).filter(isFilter);
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const what = found.length === 0 ? "found no assembly/index.ts" : `found ${found.sort().join(", ")}; name one`;
  throw new Failure(`expected a filter in this folder or in filters/, ${what}`);
}
