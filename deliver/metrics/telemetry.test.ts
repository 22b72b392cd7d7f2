import { describe, expect, test } from "vitest";
import { toYaml } from "../yaml.ts";
import { type TelemetryPlan, telemetry } from "./telemetry.ts";

const plan: TelemetryPlan = {
  ...{ name: "request-operation", namespace: "prod", selector: { app: "books" } },
  tags: { request_operation: "istio_operationId" },
  ...{ metrics: ["REQUEST_COUNT"], mode: "SERVER", provider: "prometheus" },
};

test("the Telemetry of a plan reads like this", () => {
  expect(toYaml([telemetry(plan)])).toMatchInlineSnapshot(`
    "apiVersion: telemetry.istio.io/v1
    kind: Telemetry
    metadata:
      name: request-operation
      namespace: prod
    spec:
      selector:
        matchLabels:
          app: books
      metrics:
      - providers:
        - name: prometheus
        overrides:
        - match:
            metric: REQUEST_COUNT
            mode: SERVER
          tagOverrides:
            request_operation:
              operation: UPSERT
              value: "filter_state['wasm.istio_operationId']"
    "
  `);
});

test("every metric gets every tag, and all workloads of a namespace have no selector", () => {
  const { spec } = telemetry({
    ...plan,
    selector: "*",
    tags: { operation: "a.b-c", class: "d" },
    ...{ metrics: ["REQUEST_COUNT", "RESPONSE_SIZE"], mode: "CLIENT", provider: "mine" },
  });
  const tagOverrides = {
    operation: { operation: "UPSERT", value: "filter_state['wasm.a.b-c']" },
    class: { operation: "UPSERT", value: "filter_state['wasm.d']" },
  };
  expect(spec).toEqual({
    metrics: [
      {
        providers: [{ name: "mine" }],
        overrides: [
          { match: { metric: "REQUEST_COUNT", mode: "CLIENT" }, tagOverrides },
          { match: { metric: "RESPONSE_SIZE", mode: "CLIENT" }, tagOverrides },
        ],
      },
    ],
  });
});

describe("a plan is refused with the place", () => {
  test.each<[Partial<TelemetryPlan>, string]>([
    [{ name: "Operation" }, '/name: expected a DNS label (a-z, 0-9, -; at most 63 characters), found "Operation"'],
    [{ namespace: "a.b" }, '/namespace: expected a DNS label, found "a.b"'],
    [{ selector: {} }, "/selector: expected at least one label, found none"],
    [{ tags: {} }, "/tags: expected at least one tag, found none"],
    [{ tags: { "a-b": "c" } }, '/tags/a-b: expected a tag\'s name (letters, digits, _; no digit first), found "a-b"'],
    [{ tags: { __name__: "c" } }, "/tags/__name__: expected a tag's name"],
    [{ tags: { a: "']" } }, "/tags/a: expected an attribute's name (letters, digits, _, . and -; at most 256), found"],
    [{ metrics: [] }, "/metrics: expected at least one metric, found none"],
    [{ metrics: ["TCP_SENT_BYTES"] }, "/metrics: expected some of ALL_METRICS, REQUEST_COUNT"],
    [{ metrics: ["REQUEST_COUNT", "REQUEST_COUNT"] }, "/metrics: expected each metric once, found REQUEST_COUNT twice"],
    [{ mode: "INBOUND" as never }, "/mode: expected one of SERVER, CLIENT, CLIENT_AND_SERVER"],
    [{ provider: "" }, "/provider: expected the name of a provider in MeshConfig"],
  ])("%j", (change, problem) => {
    expect(() => telemetry({ ...plan, ...change })).toThrow(`manifest: ${problem}`);
  });
});
