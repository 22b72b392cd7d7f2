/** The filters of `pwk serve`, as its arguments and options name them. */
import { basename } from "node:path";
import type { FilterSpec } from "@proxy-wasm-kit/testing";
import { InvalidArgumentError } from "commander";
import { readConfiguration } from "../configuration.ts";
import { readModule } from "../filter.ts";
import { assignment } from "../input.ts";

/** A filter on the command line: its files are not read yet. */
export interface FilterArgument {
  readonly module: string;
  readonly name?: string;
  readonly rootId?: string;
  /** As `--config` takes it. */
  readonly config?: string;
  readonly env: readonly (readonly [string, string])[];
}

/** "module=a.wasm,config=a.yaml,root-id=a,name=a,env=K=v". */
export function filterArgument(text: string): FilterArgument {
  const found = new Map<string, string>();
  const env: (readonly [string, string])[] = [];
  for (const part of text.split(",")) {
    const [key, value] = assignment(part);
    if (key === "env") env.push(assignment(value));
    else if (!["module", "name", "root-id", "config"].includes(key))
      throw new InvalidArgumentError(`expected module, name, root-id, config or env, found ${key}.`);
    else if (found.has(key)) throw new InvalidArgumentError(`expected ${key} once, found it twice.`);
    else found.set(key, value);
  }
  const [module, name, rootId, config] = ["module", "name", "root-id", "config"].map((key) => found.get(key));
  if (module === undefined) throw new InvalidArgumentError('expected "module=<file.wasm>" among its parts.');
  return {
    ...{ module, env },
    ...(name !== undefined && { name }),
    ...(rootId !== undefined && { rootId }),
    ...(config !== undefined && { config }),
  };
}

/** Reads what the arguments name; names are made different where two filters have the same. Throws `Failure`. */
export async function readChain(filters: readonly FilterArgument[]): Promise<readonly FilterSpec[]> {
  const specs: FilterSpec[] = [];
  for (const filter of filters) specs.push(await readSpec(filter, specs));
  return specs;
}

async function readSpec(
  { module, name, rootId, config, env }: FilterArgument,
  before: readonly FilterSpec[],
): Promise<FilterSpec> {
  await readModule("module", module);
  const own = name ?? basename(module, ".wasm");
  const same = before.filter((spec) => spec.name === own || spec.name.startsWith(`${own}-`)).length;
  const configuration = config === undefined ? undefined : await readConfiguration(config);
  return {
    name: same === 0 ? own : `${own}-${same + 1}`,
    wasm: module,
    rootId: rootId ?? basename(module, ".wasm"),
    ...(configuration !== undefined && { configuration }),
    environment: Object.fromEntries(env),
  };
}
