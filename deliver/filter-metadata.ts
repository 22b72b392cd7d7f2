/** What a filter says of itself in `filter.yaml`, so that nobody has to know it who delivers the filter. */
import { InvalidPlan } from "./problems.ts";

export const phases = ["AUTHN", "AUTHZ", "STATS"] as const;
/** Where in Istio's chain a filter belongs: before or after what authenticates and authorizes, or where metrics are made. */
export type Phase = (typeof phases)[number];

export const hostFeatures = ["allow_on_headers_stop_iteration"] as const;
export type HostFeature = (typeof hostFeatures)[number];

/** Something the filter cannot do its job without. */
export interface Need {
  readonly feature: HostFeature;
  /** With one of these values of its configuration it can. */
  readonly unless?: Readonly<Record<string, unknown>>;
}

export interface FilterMetadata {
  readonly name: string;
  /** Default: `name`. */
  readonly rootId?: string;
  readonly phase?: Phase;
  /** Path of the JSON schema of its configuration, beside `filter.yaml`. */
  readonly configuration?: string;
  readonly needs?: readonly Need[];
}

/** Reads what a `filter.yaml` holds; `where` is named in errors. Throws `InvalidPlan`. */
export function readFilterMetadata(value: unknown, where: string): FilterMetadata {
  const problems: string[] = [];
  const expect = (good: boolean, path: string, expected: string, found: unknown) => {
    if (!good) problems.push(`${where}: ${path}: expected ${expected}, found ${JSON.stringify(found) ?? "nothing"}`);
  };
  const noOthers = (object: Fields, path: string, keys: readonly string[]) => {
    for (const key of Object.keys(object))
      expect(keys.includes(key), `${path}/${key}`, `one of ${keys.join(", ")}`, key);
  };
  const text = (object: Fields, key: string) => {
    expect(
      object[key] === undefined || (typeof object[key] === "string" && object[key] !== ""),
      `/${key}`,
      "a text",
      object[key],
    );
    return object[key] as string | undefined;
  };

  const fields = fieldsOf(value);
  noOthers(fields, "", ["name", "root_id", "phase", "configuration", "needs"]);
  expect(fields.name !== undefined, "/name", "the filter's name", fields.name);
  const phase = text(fields, "phase");
  expect(
    phase === undefined || (phases as readonly string[]).includes(phase),
    "/phase",
    `one of ${phases.join(", ")}`,
    phase,
  );
  const needs = fields.needs ?? [];
  expect(Array.isArray(needs), "/needs", "a list", needs);
  for (const [i, each] of (Array.isArray(needs) ? needs : []).entries()) {
    const need = fieldsOf(each);
    noOthers(need, `/needs/${i}`, ["feature", "unless"]);
    expect(
      hostFeatures.includes(need.feature as HostFeature),
      `/needs/${i}/feature`,
      `one of ${hostFeatures.join(", ")}`,
      need.feature,
    );
    expect(
      need.unless === undefined || isFields(need.unless),
      `/needs/${i}/unless`,
      "keys of the configuration",
      need.unless,
    );
  }
  const name = text(fields, "name") ?? "";
  const [rootId, configuration] = [text(fields, "root_id"), text(fields, "configuration")];
  if (problems.length > 0) throw new InvalidPlan(problems);
  return {
    name,
    ...(rootId !== undefined && { rootId }),
    ...(phase !== undefined && { phase: phase as Phase }),
    ...(configuration !== undefined && { configuration }),
    ...(fields.needs !== undefined && { needs: needs as readonly Need[] }),
  };
}

type Fields = Readonly<Record<string, unknown>>;
const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

/** What of the filter's needs its configuration does not do without. */
export const needsWith = ({ needs = [] }: FilterMetadata, configuration: unknown): readonly Need[] =>
  needs.filter(({ unless = {} }) => {
    const values = fieldsOf(configuration);
    return !Object.entries(unless).some(([key, value]) => values[key] === value);
  });
