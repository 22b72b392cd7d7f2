/** Telemetry that gives Istio's metrics the attributes of a Wasm filter as labels. */
import { type WorkloadTarget, workloadProblems } from "../plan.ts";
import { check, InvalidPlan } from "../problems.ts";
import { istioMetrics, type Telemetry, type WorkloadMode, workloadModes } from "../resources/telemetry.ts";
import { filterStateOf, type Tags, tagProblems } from "./tags.ts";

export interface TelemetryPlan extends WorkloadTarget {
  readonly tags: Tags;
  /** Of `istioMetrics`. */
  readonly metrics: readonly string[];
  readonly mode: WorkloadMode;
  /** Of MeshConfig's `extensionProviders`; Istio has "prometheus" by itself. */
  readonly provider: string;
}

/** The resource for a plan. Throws `InvalidPlan`. */
export function telemetry(plan: TelemetryPlan): Telemetry {
  checkTelemetry(plan);
  const { name, namespace, selector, tags, metrics, mode, provider } = plan;
  const tagOverrides = Object.fromEntries(
    Object.entries(tags).map(([tag, attribute]) => [
      tag,
      { operation: "UPSERT" as const, value: `filter_state['${filterStateOf(attribute)}']` },
    ]),
  );
  return {
    apiVersion: "telemetry.istio.io/v1",
    kind: "Telemetry",
    metadata: { name, namespace },
    spec: {
      ...(selector !== "*" && { selector: { matchLabels: selector } }),
      metrics: [
        {
          providers: [{ name: provider }],
          overrides: metrics.map((metric) => ({ match: { metric, mode }, tagOverrides })),
        },
      ],
    },
  };
}

function checkTelemetry(plan: TelemetryPlan): void {
  const { tags, metrics, mode, provider } = plan;
  const unknown = metrics.filter((metric) => !(istioMetrics as readonly string[]).includes(metric));
  const problems = [
    ...workloadProblems(plan),
    ...tagProblems(tags),
    ...(metrics.length === 0 ? ["/metrics: expected at least one metric, found none"] : []),
    ...unknown.flatMap((metric) => check(false, "/metrics", `some of ${istioMetrics.join(", ")}`, metric)),
    ...metrics
      .filter((metric, at) => metrics.indexOf(metric) !== at)
      .map((metric) => `/metrics: expected each metric once, found ${metric} twice`),
    ...check(workloadModes.includes(mode), "/mode", `one of ${workloadModes.join(", ")}`, mode),
    ...check(/^\S+$/.test(provider), "/provider", "the name of a provider in MeshConfig", provider),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}
