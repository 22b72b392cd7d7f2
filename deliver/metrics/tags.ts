/** Labels of metrics whose values are attributes that a Wasm filter has set. */
import { check } from "../problems.ts";

/** By the label's name, the attribute whose value it has: `{request_operation: "istio_operationId"}`. */
export type Tags = Readonly<Record<string, string>>;

/** Envoy keeps what a Wasm filter sets under this name in the stream's filter state. */
export const filterStateOf = (attribute: string): string => `wasm.${attribute}`;

/** A line for each mistake. */
export function tagProblems(tags: Tags): string[] {
  const entries = Object.entries(tags);
  if (entries.length === 0) return ["/tags: expected at least one tag, found none"];
  return entries.flatMap(([name, attribute]) => [
    ...check(isLabelName(name), `/tags/${name}`, "a tag's name (letters, digits, _; no digit first)", name),
    ...check(
      isAttribute(attribute),
      `/tags/${name}`,
      "an attribute's name (letters, digits, _, . and -; at most 256)",
      attribute,
    ),
  ]);
}

/** Source: prometheus.io/docs/concepts/data_model. Names with two underscores in front are Prometheus's own. */
export const isLabelName = (text: string): boolean => /^(?!__)[A-Za-z_][A-Za-z0-9_]*$/.test(text);

/** Fewer than attribute-gen allows: the name stands in a CEL string, and between `%FILTER_STATE(` and `:PLAIN)%`. */
const isAttribute = (text: string) => /^[A-Za-z0-9_.-]{1,256}$/.test(text);
