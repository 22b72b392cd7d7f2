/**
 * EnvoyFilter that mirrors the requests of a route without changing their host. VirtualServices have no word for that, and
 * istiod puts "-shadow" behind mirrored hosts before Istio 1.28. Envoy 1.31 (Istio 1.23) and later.
 */
import { isPort, type Target, targetProblems } from "./plan.ts";
import { check, InvalidPlan } from "./problems.ts";
import { type EnvoyFilter, envoyFilterOf, type HttpRoutePatch } from "./resources/envoy-filter.ts";

export interface MirrorPlan extends Target {
  /** Whose requests: a host and port as istiod names virtual hosts, such as "shop.prod.svc.cluster.local:80". */
  readonly virtualHost: string;
  /** Only the route of this name, which is that in the VirtualService. Default: every route of the host. */
  readonly route?: string;
  /** The service that gets the copies, by its host in Istio's registry. */
  readonly mirror: { readonly host: string; readonly port: number; readonly subset?: string };
  /** Of requests, from 0 to 100, to four decimals. Default: all of them. */
  readonly percent?: number;
  /**
   * Whether it takes the place of the mirrors that the VirtualService has; Istio 1.31 and later. Otherwise it adds one, and
   * the VirtualService should have none.
   */
  readonly replaces?: boolean;
}

/** The resource for a plan. Throws `InvalidPlan`. */
export function mirrorFilter(plan: MirrorPlan): EnvoyFilter<HttpRoutePatch> {
  checkMirror(plan);
  const { context, proxyVersion, virtualHost, route, mirror, percent } = plan;
  return envoyFilterOf(plan, [
    {
      applyTo: "HTTP_ROUTE",
      match: {
        context,
        ...(proxyVersion !== undefined && { proxy: { proxyVersion } }),
        routeConfiguration: {
          // A redirect has no mirrors, and would become a route.
          vhost: { name: virtualHost, route: { ...(route !== undefined && { name: route }), action: "ROUTE" } },
        },
      },
      patch: {
        operation: plan.replaces === true ? "MERGE_AND_REPLACE_LIST" : "MERGE",
        value: {
          route: {
            request_mirror_policies: [
              {
                cluster: `outbound|${mirror.port}|${mirror.subset ?? ""}|${mirror.host}`,
                ...(percent !== undefined && {
                  runtime_fraction: {
                    default_value: { numerator: Math.round(percent * 10_000), denominator: "MILLION" },
                  },
                }),
                trace_sampled: false, // as istiod has it
                disable_shadow_host_suffix_append: true,
              },
            ],
          },
        },
      },
    },
  ]);
}

function checkMirror({ virtualHost, route, mirror, percent, ...target }: MirrorPlan): void {
  const [, host = "", port = ""] = /^(.*):(\d+)$/.exec(virtualHost) ?? [];
  const problems = [
    ...targetProblems(target),
    ...check(
      target.context !== "SIDECAR_INBOUND",
      "/context",
      "SIDECAR_OUTBOUND or GATEWAY, where VirtualServices are",
      target.context,
    ),
    ...check(
      (isHost(host) || host === "*") && isPort(Number(port)),
      "/virtualHost",
      'a host and port such as "shop.prod.svc.cluster.local:80"',
      virtualHost,
    ),
    ...check(route !== "", "/route", "a name", route),
    ...check(isHost(mirror.host), "/mirror/host", 'a host such as "shop.prod.svc.cluster.local"', mirror.host),
    ...check(isPort(mirror.port), "/mirror/port", "a port from 1 to 65535", mirror.port),
    ...check(
      mirror.subset === undefined || isHost(mirror.subset),
      "/mirror/subset",
      "the name of a subset",
      mirror.subset,
    ),
    ...check(percent === undefined || (percent >= 0 && percent <= 100), "/percent", "a number from 0 to 100", percent),
  ];
  if (problems.length > 0) throw new InvalidPlan(problems);
}

const isHost = (text: string): boolean => /^(\*\.)?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/.test(text);
