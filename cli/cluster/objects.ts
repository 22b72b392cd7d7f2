/** Objects as they are written and as the cluster has them, through kubectl. */
import type { Kubectl } from "./kubectl.ts";

type Fields = Readonly<Record<string, unknown>>;

/** One of the user's. */
export interface WrittenObject {
  readonly value: Fields;
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  /** Empty: that of kubectl's context, or the kind has none. */
  readonly namespace: string;
}

/** One of the cluster's. */
export interface LiveObject extends Fields {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    /** Goes up with every change of the spec. */
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly managedFields?: readonly {
      readonly manager?: string;
      /** Such as "status". */
      readonly subresource?: string;
      readonly fieldsV1?: Fields;
    }[];
  };
}

/** As whom we apply: what somebody else has set is not taken away without a word. */
export const fieldManager = "pwk";
const managedBy = "app.kubernetes.io/managed-by";

/** "EnvoyFilter shop/tag". */
export const titleOf = ({ kind, name, namespace }: Pick<WrittenObject, "kind" | "name" | "namespace">): string =>
  `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;

/** With the namespace that the cluster has put it into. */
export const placed = (object: WrittenObject, live: LiveObject | null): WrittenObject => ({
  ...object,
  namespace: live?.metadata.namespace ?? object.namespace,
});

/** What names it, for reading it again. */
export const writtenAs = ({ apiVersion, kind, metadata: { name, namespace } }: LiveObject): WrittenObject => ({
  ...{ apiVersion, kind, name, namespace: namespace ?? "" },
  value: { apiVersion, kind, metadata: { name, namespace } },
});

/** Each as the cluster has it, or null. */
export async function readLive(
  kubectl: Kubectl,
  objects: readonly WrittenObject[],
): Promise<readonly (LiveObject | null)[]> {
  if (objects.length === 0) return [];
  const args = ["get", "--filename", "-", "--ignore-not-found", "--output", "json", "--show-managed-fields"];
  const { stdout } = await kubectl.run("reading the cluster", args, listOf(objects));
  const found = stdout.trim() === "" ? [] : itemsOf(JSON.parse(stdout) as LiveObject);
  // One without a namespace is not what another names with one.
  const isOthers = (object: WrittenObject, live: LiveObject) =>
    object.namespace === "" && objects.some((other) => other.namespace !== "" && isSame(other, live));
  return objects.map((object) => found.find((live) => isSame(object, live) && !isOthers(object, live)) ?? null);
}

/** The one object, or what the server would make of it. */
export async function apply(
  kubectl: Kubectl,
  object: WrittenObject,
  { dryRun, force }: { readonly dryRun: boolean; readonly force: boolean },
): Promise<{ readonly live: LiveObject; readonly warnings: readonly string[] }> {
  const { stdout, warnings } = await kubectl.run(
    titleOf(object),
    [
      ...["apply", "--server-side", "--field-manager", fieldManager, "--filename", "-", "--output", "json"],
      ...(dryRun ? ["--dry-run=server"] : []),
      ...(force ? ["--force-conflicts"] : []),
    ],
    JSON.stringify(object.value),
  );
  return { live: JSON.parse(stdout) as LiveObject, warnings };
}

/** Resolves when it is gone. */
export async function remove(kubectl: Kubectl, object: WrittenObject): Promise<void> {
  const limit = `--timeout=${kubectl.limitMs}ms`;
  const args = ["delete", "--filename", "-", "--ignore-not-found", "--output", "name", limit];
  await kubectl.run(titleOf(object), args, JSON.stringify(object.value));
}

/** Rendered from a pwk.yaml, applied by whatever; or nobody but `pwk deploy` has set anything of it. */
export function isOurs({ metadata: { labels, managedFields = [] } }: LiveObject): boolean {
  if (labels?.[managedBy] === fieldManager) return true;
  const managers = managedFields.flatMap(({ manager, subresource = "" }) => (subresource === "" ? [manager] : []));
  return managers.length > 0 && managers.every((manager) => manager === fieldManager);
}

const listOf = (objects: readonly WrittenObject[]): string =>
  JSON.stringify({ apiVersion: "v1", kind: "List", items: objects.map(({ value }) => value) });

const itemsOf = (answer: LiveObject): readonly LiveObject[] =>
  answer.kind === "List" ? (answer.items as readonly LiveObject[]) : [answer];

const isSame = ({ apiVersion, kind, name, namespace }: WrittenObject, { metadata, ...live }: LiveObject): boolean =>
  live.kind === kind &&
  groupOf(live.apiVersion) === groupOf(apiVersion) &&
  metadata.name === name &&
  (namespace === "" || metadata.namespace === namespace);

const groupOf = (apiVersion: string) => (apiVersion.includes("/") ? apiVersion.split("/")[0] : "");
