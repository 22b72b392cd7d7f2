/** What values of several environments have in common, and where they differ. */
import { environmentLabel } from "./labels.ts";
import { isFields } from "./merge.ts";

/** Keys, and indices of lists. */
export type Path = readonly (string | number)[];

export interface Difference {
  readonly path: Path;
  /** One for each environment; undefined where it has none. */
  readonly values: readonly unknown[];
}

export interface Comparison {
  /** With what `hole` gives in the places of differences; nothing there when it gives undefined. */
  readonly shared: unknown;
  readonly differences: readonly Difference[];
}

/** `isAlwaysOne`: of what may differ some day, as a whole. `hole` is asked for each difference in turn. */
export function compare(
  values: readonly unknown[],
  isAlwaysOne: (path: Path) => boolean = () => false,
  hole: (difference: Difference) => unknown = () => undefined,
): Comparison {
  const differences: Difference[] = [];
  const walk = (path: Path, all: readonly unknown[]): unknown => {
    if (!isAlwaysOne(path)) {
      if (all.every((each) => isFields(each) && Object.keys(each).length > 0)) return inFields(path, all as Fields[]);
      if (areAlikeLists(all))
        return (all[0] as unknown[]).map((_, i) =>
          walk(
            [...path, i],
            all.map((each) => (each as unknown[])[i]),
          ),
        );
      if (all.every((each) => areEqual(each, all[0]))) return all[0];
    }
    const difference = { path, values: all };
    differences.push(difference);
    return hole(difference);
  };
  const inFields = (path: Path, all: readonly Fields[]): unknown => {
    const keys = [...new Set(all.flatMap((each) => Object.keys(each)))];
    const entries = keys.map(
      (key) =>
        [
          key,
          walk(
            [...path, key],
            all.map((each) => each[key]),
          ),
        ] as const,
    );
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  };
  return { shared: walk([], values), differences };
}

export const isNamespace = (path: Path): boolean => path.length === 2 && path.join("/") === "metadata/namespace";

export const isEnvironmentLabel = (path: Path): boolean => path.length === 3 && path[2] === environmentLabel;

type Fields = Readonly<Record<string, unknown>>;

/** Lists of mappings with the same keys: an item of theirs never comes or goes by itself. */
const areAlikeLists = (all: readonly unknown[]): boolean =>
  all.every(
    (each) =>
      Array.isArray(each) && each.length === (all[0] as unknown[]).length && each.every((item) => isFields(item)),
  ) &&
  (all[0] as Fields[]).every((first, i) =>
    all.every((each) => areEqual(Object.keys((each as Fields[])[i] ?? {}), Object.keys(first))),
  );

const areEqual = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
