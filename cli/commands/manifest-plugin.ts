/** What the commands have in common whose manifests load a filter: its options, and the plan that they are. */
import { type ModuleSource, type PluginPlan, pullPolicies } from "@proxy-wasm-kit/deliver";
import { type Command, Option } from "commander";
import { readConfigurationValue } from "../configuration.ts";
import { Failure } from "../failure.ts";
import { readFilter, readModule } from "../filter.ts";
import { collect, collectOnce } from "../input.ts";

export interface PluginOptions {
  readonly config?: string;
  readonly rootId?: string;
  readonly modulePath?: string;
  readonly inline?: string;
  readonly url?: string;
  readonly sha256?: string;
  readonly pullPolicy?: (typeof pullPolicies)[number];
  readonly pullSecret?: string;
  readonly env?: readonly (readonly [string, string])[];
  readonly hostEnv?: readonly string[];
  readonly failurePolicy: "FAIL_CLOSED" | "FAIL_OPEN" | "FAIL_RELOAD";
}

export const filterArgument = [
  "<filter>",
  "name of the filter and its resources, or its folder with filter.yaml",
] as const;

/** The module: one of these, or a file in the proxy's container. */
export const addModuleOptions = (command: Command): Command =>
  command
    .addOption(modulePathOption())
    .option("--inline <module.wasm>", "put this module into the manifest; at most 1 MiB");

export const modulePathOption = (): Option =>
  new Option(
    "--module-path <path>",
    "where the module lies in the proxy's container (default: /var/local/wasm/<filter>.wasm)",
  );

/** The module that is fetched. */
export const addUrlOptions = (command: Command): Command =>
  command
    .option("--url <url>", "where the module is fetched from: oci://, https:// or http://")
    .option("--sha256 <hex>", "of oci:// the digest of the image's manifest, else that of the module")
    .addOption(new Option("--pull-policy <policy>", "when an image is fetched again").choices(pullPolicies))
    .option("--pull-secret <name>", "secret with the registry's credentials, in the same namespace");

export const addPluginOptions = (command: Command): Command =>
  command
    .option("--config <config>", "the filter's configuration: YAML or JSON, or the file that has it")
    .option("--root-id <id>", "root ID (default: that of filter.yaml, else the filter's name)")
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
    );

export async function pluginPlanOf(filter: string, options: PluginOptions): Promise<PluginPlan> {
  const { config, rootId, modulePath, failurePolicy, env, hostEnv } = options;
  const configuration = config === undefined ? undefined : await readConfigurationValue(config);
  const source = await sourceOf(options);
  return {
    ...(await readFilter(filter)),
    failurePolicy,
    ...(rootId !== undefined && { rootId }),
    ...(source !== undefined && { source }),
    ...(modulePath !== undefined && { modulePath }),
    ...(configuration !== undefined && { configuration }),
    ...(env && { environment: Object.fromEntries(env) }),
    ...(hostEnv && { hostEnvironment: hostEnv }),
  };
}

async function sourceOf(options: PluginOptions): Promise<ModuleSource | undefined> {
  const { url, inline, modulePath, sha256, pullPolicy, pullSecret } = options;
  const given = Object.entries({ "--url": url, "--inline": inline, "--module-path": modulePath }).flatMap(
    ([name, value]) => (value === undefined ? [] : [name]),
  );
  if (given.length > 1) throw new Failure(`${given.join(", ")}: expected one of them, as there is one module`);
  if (inline !== undefined) return { inline: await readModule("--inline", inline) };
  if (url === undefined) {
    const ofUrl = Object.entries({ "--sha256": sha256, "--pull-policy": pullPolicy, "--pull-secret": pullSecret });
    for (const [name, value] of ofUrl)
      if (value !== undefined) throw new Failure(`${name}: is for a module that is fetched; expected --url beside it`);
    return undefined;
  }
  return {
    url,
    ...(sha256 !== undefined && { sha256 }),
    ...(pullPolicy !== undefined && { pullPolicy }),
    ...(pullSecret !== undefined && { pullSecret }),
  };
}
