/** A configuration where a target takes an object only (`google.protobuf.Struct`), and makes JSON of it itself. */
import { InvalidPlan } from "../problems.ts";

/** Throws `InvalidPlan` for what is no object, or would not arrive as it is. Never says a value: it may be a secret. */
export function structOf(configuration: unknown): Readonly<Record<string, unknown>> {
  const isObject = typeof configuration === "object" && configuration !== null && !Array.isArray(configuration);
  if (!isObject || configuration instanceof Uint8Array) {
    throw new InvalidPlan([
      "/configuration: expected an object, as this target takes no text; an EnvoyFilter (pwk manifest envoyfilter) does",
    ]);
  }
  const inexact = inexactNumbers(configuration, "/configuration");
  if (inexact.length > 0) throw new InvalidPlan(inexact);
  return configuration as Readonly<Record<string, unknown>>;
}

/** Numbers of a Struct are doubles. */
function inexactNumbers(value: unknown, path: string): string[] {
  if (typeof value === "bigint" || (Number.isInteger(value) && !Number.isSafeInteger(value)))
    return [`${path}: expected a number of at most 53 bits, as this target keeps no larger one exactly`];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => inexactNumbers(each, `${path}/${key}`));
}
