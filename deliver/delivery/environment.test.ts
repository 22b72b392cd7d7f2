import { describe, expect, test } from "vitest";
import { resolveEnvironment } from "./environment.ts";
import type { DeliveryFile } from "./file.ts";
import { mergePatch } from "./merge.ts";

const url = "oci://ghcr.io/me/{filter}:{version}";
const file: DeliveryFile = {
  name: "shop",
  defaults: { namespace: "prod", selector: { app: "shop" }, version: "1", module: { url } },
  filters: [{ filter: "a", port: 80, module: { pullSecret: "regcred" }, configuration: { x: 1, y: { z: [1, 2] } } }],
  environments: {
    same: {},
    staging: {
      defaults: { namespace: "staging", version: "2" },
      filters: { a: { selector: { istio: "ingressgateway" }, configuration: { y: { z: [3] } } } },
    },
    waypoint: { filters: { a: { targetRefs: ["gateway/eg"], module: { inline: "a.wasm" } } } },
    without: { filters: { a: { enabled: false } } },
  },
};
const resolve = (environment: string | null, of = file) =>
  resolveEnvironment(of, environment, [{ name: "a", filter: "a" }]).filters;

describe("an environment", () => {
  test("that says nothing is what is shared", () => {
    expect(resolve("same")[0]?.settings).toEqual(resolve(null)[0]?.settings);
    expect(resolve("same")[0]?.settings).toEqual({
      namespace: "prod",
      selector: { app: "shop" },
      version: "1",
      port: 80,
      module: { url: "oci://ghcr.io/me/a:1", pullSecret: "regcred" },
    });
  });

  test("has its own values, and other pods instead of more labels", () => {
    const [filter] = resolve("staging");
    expect(filter?.settings).toMatchObject({ namespace: "staging", module: { url: "oci://ghcr.io/me/a:2" } });
    expect(filter?.settings.selector).toEqual({ istio: "ingressgateway" });
    expect(filter?.configurations).toEqual([{ value: { x: 1, y: { z: [1, 2] } } }, { value: { y: { z: [3] } } }]);
  });

  test("that names another way replaces the first", () => {
    const [filter] = resolve("waypoint");
    expect(filter?.settings).toMatchObject({ targetRefs: ["gateway/eg"], module: { inline: "a.wasm" } });
    expect(filter?.settings).not.toHaveProperty("selector");
    expect(filter?.settings.module).not.toHaveProperty("url");
  });

  test("that names another neighbour in the chain replaces the first", () => {
    const filters = [{ filter: "a", before: "istio.stats" }];
    const other = {
      ...file,
      filters,
      environments: { behind: { filters: { a: { after: "envoy.filters.http.cors" } } } },
    };
    const settings = resolve("behind", other)[0]?.settings;
    expect(settings).toMatchObject({ after: "envoy.filters.http.cors" });
    expect(settings).not.toHaveProperty("before");
  });

  test("can leave an entry away", () => expect(resolve("without")).toEqual([]));

  test("with another version needs another digest", () => {
    const pinned = { ...file, filters: [{ filter: "a", module: { sha256: "0".repeat(64) } }] };
    const other = { ...pinned, environments: { staging: { defaults: { version: "2" } } } };
    expect(() => resolve("staging", other)).toThrow(
      "/environments/staging/filters/a/module/sha256: expected the digest",
    );
    expect(resolve("staging", { ...pinned, environments: { staging: { defaults: { namespace: "b" } } } })).toHaveLength(
      1,
    );
  });
});

// The examples of RFC 7396, appendix A.
test.each([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("%j with %j is %j", (target, patch, merged) => expect(mergePatch(target, patch)).toEqual(merged));
