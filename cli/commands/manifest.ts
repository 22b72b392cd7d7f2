/** `pwk manifest <mode> <filter>`: the manifests that deliver a filter; all others are beside. */
import {
  type DeliveryMode,
  type DeliveryPlan,
  deliveryModes,
  kindOfTargetRef,
  type Phase,
  parseTargetRef,
  phases,
  type TargetRef,
  targetRefKinds,
} from "@proxy-wasm-kit/deliver";
import { Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "../failure.ts";
import { outputOption } from "../print.ts";
import { manifestDelivery } from "./manifest-delivery.ts";
import { manifestEnvoy } from "./manifest-envoy.ts";
import { manifestConfigMap, manifestPodPatch } from "./manifest-files.ts";
import { manifestStatsLogger, manifestTelemetry } from "./manifest-metrics.ts";
import { manifestMirror } from "./manifest-mirror.ts";
import {
  contexts,
  type Selector,
  selectorOf,
  selectorOption,
  type WriteOptions,
  wholeNumber,
  writeResources,
} from "./manifest-output.ts";
import {
  addModuleOptions,
  addPluginOptions,
  addUrlOptions,
  filterArgument,
  type PluginOptions,
  pluginPlanOf,
} from "./manifest-plugin.ts";

interface ManifestOptions extends WriteOptions, PluginOptions {
  readonly namespace: string;
  readonly selector?: Selector;
  readonly target?: readonly TargetRef[];
  readonly context?: string;
  readonly before?: string;
  readonly after?: string;
  readonly phase?: Phase;
  readonly port?: number;
  readonly proxyVersion?: string;
  readonly priority?: number;
}

export const manifest = (): Command => {
  const command = manifestDelivery(new Command("manifest"));
  for (const mode of deliveryModes) command.addCommand(modeCommand(mode));
  for (const create of [manifestEnvoy, manifestConfigMap, manifestPodPatch]) command.addCommand(create());
  for (const create of [manifestMirror, manifestTelemetry, manifestStatsLogger]) command.addCommand(create());
  return command;
};

const istioExample = "hmac-auth --namespace prod --selector app=httpbin --config config.yaml";
const fetchedExample = "shadow-host --namespace prod --selector app=shop --url oci://ghcr.io/me/shadow-host:1.0";
const examples: Readonly<Record<string, readonly string[]>> = {
  envoyfilter: [
    istioExample,
    `${istioExample} --url oci://ghcr.io/me/hmac-auth:1.0`,
    `${istioExample} --inline dist/hmac-auth.wasm`,
  ],
  wasmplugin: [fetchedExample, `${fetchedExample} --phase AUTHN --pull-secret regcred`],
  trafficextension: [fetchedExample],
  extensionpolicy: ["shadow-host --namespace prod --target gateway/eg --url oci://ghcr.io/me/shadow-host:1.0"],
};

/** Options that a mode cannot serve are not in its help, but still read: the refusal has the way out. */
function modeCommand(mode: DeliveryMode): Command {
  const { lacks = {} } = mode.limits;
  const hidden = (key: keyof DeliveryPlan, option: Option) => option.hideHelp(lacks[key] !== undefined);
  const command = new Command(mode.name)
    .description(mode.description)
    .argument(...filterArgument)
    .requiredOption("--namespace <name>", "namespace of the workloads")
    .addOption(hidden("selector", selectorOption()))
    .option("--target <kind/name>", `${kindsOf(mode)}; may be repeated, in the place of labels`, target);
  if (lacks.selector === undefined)
    command.addOption(
      new Option("--context <side>", "which listeners").choices(Object.keys(contexts)).default("inbound"),
    );
  addModuleOptions(addUrlOptions(addPluginOptions(command)))
    .addOption(
      hidden(
        "before",
        new Option("--before <filter>", "the filter of the chain it goes right before (default: the router)"),
      ),
    )
    .addOption(hidden("after", new Option("--after <filter>", "the filter of the chain it goes right behind instead")))
    .addOption(hidden("phase", new Option("--phase <phase>", "where in the chain").choices(phases)))
    .addOption(hidden("port", new Option("--port <number>", "only listeners on this port").argParser(wholeNumber)))
    .addOption(
      hidden(
        "proxyVersion",
        new Option("--proxy-version <regex>", "only proxies of an Istio version, such as '^1\\.31'"),
      ),
    )
    .addOption(hidden("priority", new Option("--priority <number>", priorityOf(mode)).argParser(wholeNumber)));
  const shown = (examples[mode.name] ?? []).map((line) => `  pwk manifest ${mode.name} ${line}`);
  return command
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText("after", `\nExamples (each may go on with: | kubectl apply --server-side -f -):\n${shown.join("\n")}`)
    .action(async (filter: string, options: ManifestOptions) => {
      await writeResources(mode.resources(await planOf(filter, options)), options);
    });
}

const kindsOf = ({ limits }: DeliveryMode): string =>
  targetRefKinds.filter((name) => limits.targetKinds?.[kindOfTargetRef(name) ?? ""] !== undefined).join(", ");

/** The two orders are opposite. */
const priorityOf = ({ name }: DeliveryMode): string =>
  name === "envoyfilter" ? "order among EnvoyFilters, lower first" : "order inside a phase, higher first";

async function planOf(filter: string, options: ManifestOptions): Promise<DeliveryPlan> {
  const {
    namespace,
    selector,
    target: targetRefs,
    context = "",
    before,
    after,
    phase,
    port,
    proxyVersion,
    priority,
  } = options;
  if (selector === undefined && targetRefs === undefined)
    throw new Failure("--selector: expected one, or --target, found none; '*' is every workload of the namespace");
  return {
    ...(await pluginPlanOf(filter, options)),
    namespace,
    selector: selector === undefined ? "*" : selectorOf(selector),
    context: contexts[context] ?? "SIDECAR_INBOUND",
    ...(targetRefs !== undefined && { targetRefs }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(phase !== undefined && { phase }),
    ...(port !== undefined && { port }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
  };
}

function target(text: string, before: readonly TargetRef[] = []): readonly TargetRef[] {
  const found = parseTargetRef(text);
  if (found === undefined)
    throw new InvalidArgumentError(
      `expected a kind and a name such as gateway/eg; kinds: ${targetRefKinds.join(", ")}.`,
    );
  return [...before, found];
}
