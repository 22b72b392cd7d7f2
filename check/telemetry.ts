/** The expressions in a Telemetry, which nobody else looks at. */
import { parse } from "@bufbuild/cel";
import { isRecord, listOf, type Manifest, recordOf } from "./document.ts";
import { shown } from "./finding.ts";
import { didYouMean } from "./similar.ts";

/** Source: envoy docs/root/intro/arch_overview/advanced/attributes.rst, istio/proxy stats. */
const attributes = (
  "request response source destination connection upstream metadata filter_state upstream_filter_state xds node " +
  "listener_direction listener_metadata cluster_name cluster_metadata route_name route_metadata upstream_host_metadata plugin_name plugin_root_id plugin_vm_id"
).split(" ");

export function checkTelemetry({ value, report }: Manifest): void {
  for (const [i, metrics] of listOf(recordOf(value.spec).metrics).entries())
    for (const [j, override] of listOf(recordOf(metrics).overrides).entries())
      for (const [tag, change] of Object.entries(recordOf(recordOf(override).tagOverrides))) {
        const { operation, value: expression } = recordOf(change);
        if (operation === "REMOVE" || typeof expression !== "string" || expression === "") continue;
        const problem = expressionProblem(expression);
        if (problem !== null) report(["spec", "metrics", i, "overrides", j, "tagOverrides", tag, "value"], problem);
      }
  for (const [i, logging] of listOf(recordOf(value.spec).accessLogging).entries()) {
    const { expression } = recordOf(recordOf(logging).filter);
    if (typeof expression !== "string") continue;
    const problem = expressionProblem(expression);
    if (problem !== null) report(["spec", "accessLogging", i, "filter", "expression"], problem);
  }
}

function expressionProblem(expression: string): string | null {
  let names: string[];
  try {
    names = [...identifiers(parse(expression).expr, new Set())];
  } catch {
    return `expected an expression of CEL, found ${shown(expression)}: the tag would be "unknown" for every request`;
  }
  if (/\bstring\(\s*filter_state\b/.test(expression))
    return "string() takes no filter_state, and the proxy refuses its configuration: write filter_state['wasm.name'] alone";
  const unknown = names.find((name) => !attributes.includes(name));
  if (unknown === undefined) return null;
  const property = /^(wasm\.)?(\w+)$/.exec(expression)?.[2];
  const mend =
    property === undefined
      ? didYouMean(unknown, attributes)
      : `; a property that a Wasm filter sets is filter_state['wasm.${property}']`;
  return `there is no attribute ${shown(unknown)}, so the tag would be "unknown" for every request${mend}`;
}

/** Names that an expression reads, but for the variables of its macros. */
function* identifiers(value: unknown, bound: ReadonlySet<string>): Generator<string> {
  if (Array.isArray(value)) for (const each of value) yield* identifiers(each, bound);
  if (!isRecord(value)) return;
  let inner = bound;
  const kind = value.exprKind;
  if (isRecord(kind) && isRecord(kind.value)) {
    if (kind.case === "identExpr" && !bound.has(String(kind.value.name))) yield String(kind.value.name);
    if (kind.case === "comprehensionExpr")
      inner = new Set([...bound, String(kind.value.iterVar), String(kind.value.accuVar)]);
  }
  for (const each of Object.values(value)) yield* identifiers(each, inner);
}
