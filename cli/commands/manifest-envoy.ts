/** `pwk manifest envoy <filter>`: the piece of a configuration file of Envoy's own. */
import { envoyHttpFilter } from "@proxy-wasm-kit/deliver";
import { Command } from "commander";
import { outputOption } from "../print.ts";
import { type WriteOptions, writeDocument } from "./manifest-output.ts";
import {
  addModuleOptions,
  addPluginOptions,
  filterArgument,
  type PluginOptions,
  pluginPlanOf,
} from "./manifest-plugin.ts";

export const manifestEnvoy = (): Command =>
  addModuleOptions(addPluginOptions(new Command("envoy").argument(...filterArgument)))
    .description("Envoy without a control plane: http_filters of the HTTP connection manager, to go before the router.")
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk manifest envoy hmac-auth --config config.yaml --module-path /etc/envoy/hmac-auth.wasm
  pwk manifest envoy hmac-auth --config config.yaml --inline dist/hmac-auth.wasm`,
    )
    .action(async (filter: string, options: PluginOptions & WriteOptions) => {
      await writeDocument({ http_filters: [envoyHttpFilter(await pluginPlanOf(filter, options))] }, options);
    });
