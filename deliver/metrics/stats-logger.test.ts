import { expect, test } from "vitest";
import type { ListenerTarget } from "../plan.ts";
import { toYaml } from "../yaml.ts";
import { type StatsLogger, statsLogger, statsLoggerFilter } from "./stats-logger.ts";

const target: ListenerTarget = {
  ...{ name: "stats-logger", namespace: "prod", selector: { app: "books" }, context: "SIDECAR_INBOUND" },
};
const logger: StatsLogger = {
  tags: { request_operation: "istio_operationId", class: "istio_responseClass" },
  ...{ statPrefix: "attribute_gen", counter: "requests_total" },
};

test("the access logger reads like this", () => {
  expect(toYaml([statsLogger(logger)])).toMatchInlineSnapshot(`
    "name: envoy.access_loggers.stats
    typed_config:
      "@type": type.googleapis.com/envoy.extensions.access_loggers.stats.v3.Config
      stat_prefix: attribute_gen
      counters:
      - stat:
          name: requests_total
          tags:
          - name: request_operation
            value_format: "%FILTER_STATE(wasm.istio_operationId:PLAIN)%"
          - name: class
            value_format: "%FILTER_STATE(wasm.istio_responseClass:PLAIN)%"
        value_fixed: 1
    "
  `);
});

test("its EnvoyFilter adds it to the access logs that are there", () => {
  const { spec } = statsLoggerFilter({ ...target, port: 8080, proxyVersion: "^1\\.31", priority: 7 }, logger);
  const name = "envoy.filters.network.http_connection_manager";
  expect(spec).toEqual({
    priority: 7,
    workloadSelector: { labels: { app: "books" } },
    configPatches: [
      {
        applyTo: "NETWORK_FILTER",
        match: {
          context: "SIDECAR_INBOUND",
          proxy: { proxyVersion: "^1\\.31" },
          listener: { portNumber: 8080, filterChain: { filter: { name } } },
        },
        patch: {
          operation: "MERGE",
          value: {
            name,
            typed_config: {
              "@type":
                "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
              access_log: [statsLogger(logger)],
            },
          },
        },
      },
    ],
  });
  expect(statsLoggerFilter({ ...target, selector: "*" }, logger).spec).not.toHaveProperty("workloadSelector");
});

test.each<[Partial<ListenerTarget>, Partial<StatsLogger>, string]>([
  [{ name: "A" }, {}, "/name: expected a DNS label"],
  [{ port: 0 }, {}, "/port: expected a port from 1 to 65535, found 0"],
  [{ context: "INBOUND" as never }, {}, "/context: expected one of SIDECAR_INBOUND"],
  [{}, { tags: {} }, "/tags: expected at least one tag, found none"],
  [{}, { tags: { a: "b:PLAIN)%" } }, "/tags/a: expected an attribute's name"],
  [{}, { statPrefix: "" }, '/statPrefix: expected a name of letters, digits and _, found ""'],
  [{}, { counter: "a.b" }, '/counter: expected a name of letters, digits and _, found "a.b"'],
])("%j, %j is refused with the place", (inTarget, inLogger, problem) => {
  expect(() => statsLoggerFilter({ ...target, ...inTarget }, { ...logger, ...inLogger })).toThrow(
    `manifest: ${problem}`,
  );
});
