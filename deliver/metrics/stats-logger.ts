/** Envoy's stats access logger: a counter of requests with the attributes of a Wasm filter as labels. */
import { type ListenerTarget, listenerProblems } from "../plan.ts";
import { check, InvalidPlan } from "../problems.ts";
import {
  type AccessLog,
  type EnvoyFilter,
  envoyFilterOf,
  listenerMatch,
  type NetworkFilterPatch,
} from "../resources/envoy-filter.ts";
import { filterStateOf, isLabelName, type Tags, tagProblems } from "./tags.ts";

/** Prometheus shows it as `envoy_<statPrefix>_<counter>`. */
export interface StatsLogger {
  readonly tags: Tags;
  readonly statPrefix: string;
  readonly counter: string;
}

const connectionManager = "envoy.filters.network.http_connection_manager";

/** An entry of the HTTP connection manager's `access_log`. Throws `InvalidPlan`. */
export function statsLogger(logger: StatsLogger): AccessLog {
  const problems = loggerProblems(logger);
  if (problems.length > 0) throw new InvalidPlan(problems);
  return accessLog(logger);
}

/** An EnvoyFilter that adds it to the listeners of the target. Throws `InvalidPlan`. */
export function statsLoggerFilter(target: ListenerTarget, logger: StatsLogger): EnvoyFilter<NetworkFilterPatch> {
  const problems = [...listenerProblems(target), ...loggerProblems(logger)];
  if (problems.length > 0) throw new InvalidPlan(problems);
  return envoyFilterOf(target, [
    {
      applyTo: "NETWORK_FILTER",
      match: listenerMatch(target, { name: connectionManager }),
      patch: {
        // Lists are joined: the access logs that are there stay.
        operation: "MERGE",
        value: {
          name: connectionManager,
          typed_config: {
            "@type":
              "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            access_log: [accessLog(logger)],
          },
        },
      },
    },
  ]);
}

const accessLog = ({ tags, statPrefix, counter }: StatsLogger): AccessLog => ({
  name: "envoy.access_loggers.stats",
  typed_config: {
    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config",
    stat_prefix: statPrefix,
    counters: [
      {
        stat: {
          name: counter,
          tags: Object.entries(tags).map(([name, attribute]) => ({
            name,
            value_format: `%FILTER_STATE(${filterStateOf(attribute)}:PLAIN)%`,
          })),
        },
        value_fixed: 1,
      },
    ],
  },
});

const loggerProblems = ({ tags, statPrefix, counter }: StatsLogger): string[] => [
  ...tagProblems(tags),
  ...check(isLabelName(statPrefix), "/statPrefix", "a name of letters, digits and _", statPrefix),
  ...check(isLabelName(counter), "/counter", "a name of letters, digits and _", counter),
];
