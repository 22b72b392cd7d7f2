import { expect, test } from "vitest";
import { needsWith, readFilterMetadata } from "./filter-metadata.ts";

test("metadata is read strictly, with the place of what is wrong", () => {
  const read = (value: unknown) => () => readFilterMetadata(value, "filter.yaml");
  expect(read({ name: "a", phase: "AUTHX", rootId: "a" })).toThrow(
    'manifest: filter.yaml: /rootId: expected one of name, root_id, phase, configuration, needs, found "rootId"\n' +
      'manifest: filter.yaml: /phase: expected one of AUTHN, AUTHZ, STATS, found "AUTHX"',
  );
  expect(read(null)).toThrow("manifest: filter.yaml: /name: expected the filter's name, found nothing");
  expect(read({ name: "a", needs: [{ feature: "wings" }] })).toThrow("/needs/0/feature: expected one of");
  expect(read({ name: "a", needs: {} })).toThrow("/needs: expected a list");
});

test("a configuration can do without a need", () => {
  const needs = [{ feature: "allow_on_headers_stop_iteration" as const, unless: { hold: "body" } }];
  expect(needsWith({ name: "a", needs }, { hold: "body" })).toEqual([]);
  for (const configuration of [undefined, "hold: body", { hold: "headers" }])
    expect(needsWith({ name: "a", needs }, configuration)).toEqual(needs);
});
