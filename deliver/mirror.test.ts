import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { type MirrorPlan, mirrorFilter } from "./mirror.ts";
import { toYaml } from "./yaml.ts";

const plan: MirrorPlan = {
  name: "shop-mirror",
  namespace: "prod",
  selector: { app: "web" },
  context: "SIDECAR_OUTBOUND",
  virtualHost: "shop.prod.svc.cluster.local:80",
  mirror: { host: "shop-next.prod.svc.cluster.local", port: 80 },
};

test("the EnvoyFilter of a mirror reads like this", () => {
  expect(toYaml([mirrorFilter(plan)])).toMatchInlineSnapshot(`
    "apiVersion: networking.istio.io/v1alpha3
    kind: EnvoyFilter
    metadata:
      name: shop-mirror
      namespace: prod
    spec:
      workloadSelector:
        labels:
          app: web
      configPatches:
      - applyTo: HTTP_ROUTE
        match:
          context: SIDECAR_OUTBOUND
          routeConfiguration:
            vhost:
              name: "shop.prod.svc.cluster.local:80"
              route:
                action: ROUTE
        patch:
          operation: MERGE
          value:
            route:
              request_mirror_policies:
              - cluster: "outbound|80||shop-next.prod.svc.cluster.local"
                trace_sampled: false
                disable_shadow_host_suffix_append: true
    "
  `);
});

test("everything that may be given stands in its place", () => {
  const filter = mirrorFilter({
    ...plan,
    selector: "*",
    context: "GATEWAY",
    route: "all",
    mirror: { host: "next.example", port: 8080, subset: "v2" },
    percent: 0.0125,
    replaces: true,
    proxyVersion: "^1\\.31",
    priority: 10,
  });
  expect(parse(toYaml([filter]), { version: "1.1" })).toEqual(filter);
  expect(filter.spec).not.toHaveProperty("workloadSelector");
  expect(filter.spec.priority).toBe(10);
  const [patch] = filter.spec.configPatches;
  expect(patch?.match).toMatchObject({
    context: "GATEWAY",
    proxy: { proxyVersion: "^1\\.31" },
    routeConfiguration: { vhost: { route: { name: "all", action: "ROUTE" } } },
  });
  expect(patch?.patch.operation).toBe("MERGE_AND_REPLACE_LIST");
  expect(patch?.patch.value.route.request_mirror_policies).toEqual([
    {
      cluster: "outbound|8080|v2|next.example",
      runtime_fraction: { default_value: { numerator: 125, denominator: "MILLION" } },
      trace_sampled: false,
      disable_shadow_host_suffix_append: true,
    },
  ]);
});

describe("a plan is refused with the place", () => {
  test.each<[Partial<MirrorPlan>, string]>([
    [{ name: "A" }, "/name: expected a DNS label"],
    [{ selector: {} }, "/selector: expected at least one label, found none"],
    [{ context: "SIDECAR_INBOUND" }, "/context: expected SIDECAR_OUTBOUND or GATEWAY, where VirtualServices are"],
    [
      { virtualHost: "shop" },
      '/virtualHost: expected a host and port such as "shop.prod.svc.cluster.local:80", found "shop"',
    ],
    [{ virtualHost: "shop:0" }, "/virtualHost: expected a host and port"],
    [{ virtualHost: ":80" }, "/virtualHost: expected a host and port"],
    [{ route: "" }, '/route: expected a name, found ""'],
    [{ mirror: { host: "a|b", port: 80 } }, "/mirror/host: expected a host such as"],
    [{ mirror: { host: "a", port: 65536 } }, "/mirror/port: expected a port from 1 to 65535, found 65536"],
    [{ mirror: { host: "a", port: 80, subset: "" } }, '/mirror/subset: expected the name of a subset, found ""'],
    [{ percent: 100.5 }, "/percent: expected a number from 0 to 100, found 100.5"],
    [{ percent: Number.NaN }, "/percent: expected a number from 0 to 100"],
  ])("%j", (change, problem) => {
    expect(() => mirrorFilter({ ...plan, ...change })).toThrow(`manifest: ${problem}`);
  });
});
