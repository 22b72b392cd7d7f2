/** A `pwk.yaml` as resources. */
import { dirname } from "node:path";
import {
  type DeliveryFile,
  InvalidPlan,
  type RenderedDelivery,
  renderEnvironment,
  resolveEnvironment,
} from "@proxy-wasm-kit/deliver";
import { Failure } from "../failure.ts";
import { identitiesOf, loadEnvironment } from "./load.ts";
import { inFile } from "./places.ts";
import { type ReadDelivery, readDelivery } from "./read.ts";

export interface DeliveryOptions {
  /** Default: pwk.yaml. What it names is beside it. */
  readonly file?: string;
  /** Default: the only one, or none where the file has none. */
  readonly environment?: string;
}

export const defaultFile = "pwk.yaml";

/** One environment. Throws `Failure` with everything that is wrong, and where. */
export async function renderDelivery({ file = defaultFile, environment }: DeliveryOptions): Promise<RenderedDelivery> {
  const read = await readDelivery(file);
  return render(read, environmentOf(read, environment));
}

/** All environments in the order of the file, or the one that is asked for. */
export async function renderDeliveries(options: DeliveryOptions): Promise<readonly RenderedDelivery[]> {
  const { file = defaultFile, environment } = options;
  const read = await readDelivery(file);
  const names = Object.keys(read.delivery.environments ?? {});
  if (environment !== undefined || names.length === 0) return [await render(read, environmentOf(read, environment))];
  const all: RenderedDelivery[] = [];
  for (const name of names) all.push(await render(read, name));
  return all;
}

/** What `kubectl apply` does not take, and how it gets where it belongs: a line each. */
export function leftOut({ patches, httpFilters, resources, environment }: RenderedDelivery): readonly string[] {
  const folder = environment === null ? "manifests" : `manifests/${environment}`;
  const lines = patches.map(({ kind, metadata }) => {
    const workload = kind.toLowerCase();
    return (
      `${workload}/${metadata.name} needs a patch: pwk manifest --out manifests, then kubectl -n ` +
      `${metadata.namespace} patch ${workload} ${metadata.name} --patch-file ${folder}/patches/${workload}-${metadata.name}.yaml`
    );
  });
  if (httpFilters.length === 0 || resources.length === 0) return lines;
  return [...lines, `what Envoy alone gets is in ${folder}/envoy, with pwk manifest --out manifests`];
}

async function render(read: ReadDelivery, environment: string | null): Promise<RenderedDelivery> {
  const { delivery, file } = read;
  const folder = dirname(file.name);
  try {
    const resolved = resolveEnvironment(delivery, environment, await identitiesOf(delivery, folder, file));
    return renderEnvironment(await loadEnvironment(resolved, folder, file));
  } catch (error) {
    if (error instanceof InvalidPlan) throw inFile(file, error, environment);
    throw error;
  }
}

function environmentOf({ delivery, file }: ReadDelivery, asked: string | undefined): string | null {
  const names = environmentsOf(delivery);
  const [first] = names;
  if (asked === undefined) {
    if (names.length > 1) throw new Failure(`--env: expected one of ${names.join(", ")}, found none`);
    return first ?? null;
  }
  if (names.includes(asked)) return asked;
  const expected = names.length === 0 ? "none, as there are no environments" : `one of ${names.join(", ")}`;
  throw new Failure(`--env: ${file.name}: expected ${expected}, found ${JSON.stringify(asked)}`);
}

const environmentsOf = ({ environments = {} }: DeliveryFile) => Object.keys(environments);
