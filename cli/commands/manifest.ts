/** `pwk manifest <mode> <filter>`: the manifests that deliver a filter; the others, one each, are beside. */
import { type DeliveryMode, type DeliveryPlan, deliveryModes } from "@proxy-wasm-kit/deliver";
import { Command, Option } from "commander";
import { readConfigurationValue } from "../configuration.ts";
import { collect, collectOnce } from "../input.ts";
import { outputOption } from "../print.ts";
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

interface ManifestOptions extends WriteOptions {
  readonly namespace: string;
  readonly selector: Selector;
  readonly config?: string;
  readonly context: string;
  readonly rootId?: string;
  readonly before?: string;
  readonly port?: number;
  readonly proxyVersion?: string;
  readonly priority?: number;
  readonly modulePath?: string;
  readonly env?: readonly (readonly [string, string])[];
  readonly hostEnv?: readonly string[];
  readonly failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";
}

export const manifest = (): Command => {
  const command = new Command("manifest").description("Write the manifests that deliver a filter to Istio.");
  for (const mode of deliveryModes) command.addCommand(modeCommand(mode));
  for (const create of [manifestMirror, manifestTelemetry, manifestStatsLogger]) command.addCommand(create());
  return command;
};

const modeCommand = (mode: DeliveryMode): Command =>
  new Command(mode.name)
    .description(mode.description)
    .argument("<filter>", "name of the filter, its resources and its root ID")
    .requiredOption("--namespace <name>", "namespace of the workloads")
    .addOption(selectorOption().makeOptionMandatory())
    .option("--config <config>", "the filter's configuration: YAML or JSON, or the file that has it")
    .addOption(new Option("--context <side>", "which listeners").choices(Object.keys(contexts)).default("inbound"))
    .option("--root-id <id>", "root ID, if it is not the filter's name")
    .option("--before <filter>", "the filter of the chain it goes right before (default: the router)")
    .option("--port <number>", "only listeners on this port", wholeNumber)
    .option("--proxy-version <regex>", "only proxies of an Istio version, such as '^1\\.31'")
    .option("--priority <number>", "order among EnvoyFilters, lower first", wholeNumber)
    .option(
      "--module-path <path>",
      "where the module lies in the proxy's container (default: /var/local/wasm/<filter>.wasm)",
    )
    .option("--env <NAME=value>", "variable of the VM's environment, in the manifest; may be repeated", collectOnce)
    .option(
      "--host-env <NAME>",
      "variable of the proxy's environment that the VM may read; may be repeated",
      collect(String),
    )
    .addOption(
      new Option("--failure-policy <policy>", "what happens to requests when the filter traps")
        .choices(["FAIL_CLOSED", "FAIL_OPEN", "FAIL_RELOAD"])
        .default("FAIL_CLOSED"),
    )
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Example:
  pwk manifest ${mode.name} hmac-auth --namespace prod --selector app=httpbin --config config.yaml | kubectl apply -f -`,
    )
    .action(async (filter: string, options: ManifestOptions) => {
      await writeResources(mode.resources(await planOf(filter, options)), options);
    });

async function planOf(name: string, options: ManifestOptions): Promise<DeliveryPlan> {
  const { namespace, selector, config, context, rootId, before, port, proxyVersion, priority, modulePath } = options;
  const configuration = config === undefined ? undefined : await readConfigurationValue(config);
  return {
    name,
    namespace,
    selector: selectorOf(selector),
    context: contexts[context] ?? "SIDECAR_INBOUND",
    failurePolicy: options.failurePolicy,
    ...(rootId !== undefined && { rootId }),
    ...(before !== undefined && { before }),
    ...(port !== undefined && { port }),
    ...(proxyVersion !== undefined && { proxyVersion }),
    ...(priority !== undefined && { priority }),
    ...(modulePath !== undefined && { modulePath }),
    ...(configuration !== undefined && { configuration }),
    ...(options.env && { environment: Object.fromEntries(options.env) }),
    ...(options.hostEnv && { hostEnvironment: options.hostEnv }),
  };
}
