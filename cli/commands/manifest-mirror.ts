/** `pwk manifest mirror <name>`: the EnvoyFilter of a mirror whose copies keep their host. */
import { type MirrorPlan, mirrorFilter } from "@proxy-wasm-kit/deliver";
import { Command, InvalidArgumentError, Option } from "commander";
import { collectOnce } from "../input.ts";
import { outputOption } from "../print.ts";
import { type WriteOptions, wholeNumber, writeResources } from "./manifest-output.ts";

const contexts = { outbound: "SIDECAR_OUTBOUND", gateway: "GATEWAY" } as const;

interface MirrorOptions extends WriteOptions {
  readonly namespace: string;
  readonly selector: readonly (readonly [string, string])[];
  readonly context: keyof typeof contexts;
  readonly host: string;
  readonly route?: string;
  readonly to: MirrorPlan["mirror"];
  readonly subset?: string;
  readonly percent?: number;
  readonly replace?: true;
  readonly proxyVersion?: string;
  readonly priority?: number;
}

export const manifestMirror = (): Command =>
  new Command("mirror")
    .description(
      "EnvoyFilter that mirrors requests without Envoy's suffix -shadow behind their host (Istio 1.23 and later)",
    )
    .argument("<name>", "name of the resource")
    .requiredOption("--namespace <name>", "namespace of the workloads that send")
    .requiredOption("--selector <label=value>", "label of the workloads' pods; may be repeated", collectOnce)
    .requiredOption("--host <host:port>", "requests for this host are mirrored: a host of a VirtualService, in full")
    .requiredOption("--to <host:port>", "service that gets the copies", authority)
    .option("--subset <name>", "subset of that service")
    .option("--route <name>", "only requests of this route: the name it has in the VirtualService")
    .option("--percent <number>", "how many of the requests (default: all)", percentage)
    .option("--replace", "in the place of the mirrors that the VirtualService has (Istio 1.31 and later)")
    .addOption(new Option("--context <side>", "which proxies").choices(Object.keys(contexts)).default("outbound"))
    .option("--proxy-version <regex>", "only proxies of an Istio version, such as '^1\\.31'")
    .option("--priority <number>", "order among EnvoyFilters, lower first", wholeNumber)
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Example:
  pwk manifest mirror shop --namespace prod --selector app=web --host shop.prod.svc.cluster.local:80 \\
    --to shop-next.prod.svc.cluster.local:80 | kubectl apply -f -`,
    )
    .action((name: string, options: MirrorOptions) => writeResources([mirrorFilter(planOf(name, options))], options));

function planOf(name: string, options: MirrorOptions): MirrorPlan {
  const { namespace, selector, context, host, route, to, subset, percent, replace, proxyVersion, priority } = options;
  return {
    name,
    namespace,
    selector: Object.fromEntries(selector),
    context: contexts[context],
    virtualHost: host,
    mirror: { ...to, ...(subset !== undefined && { subset }) },
    ...(route !== undefined && { route }),
    ...(percent !== undefined && { percent }),
    ...(replace !== undefined && { replaces: replace }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  };
}

function authority(text: string): MirrorPlan["mirror"] {
  const [, host, port] = /^([^:]+):(\d+)$/.exec(text) ?? [];
  if (host === undefined)
    throw new InvalidArgumentError('expected a host and port such as "shop.prod.svc.cluster.local:80".');
  return { host, port: Number(port) };
}

function percentage(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("expected a number from 0 to 100.");
  return Number(text);
}
