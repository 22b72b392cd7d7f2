/** `pwk manifest`: everything that a `pwk.yaml` delivers. */
import { foldersOf, type RenderedDelivery, toYaml } from "@proxy-wasm-kit/deliver";
import type { Command } from "commander";
import { writeFolder } from "../delivery/folder.ts";
import { defaultFile, renderDeliveries, renderDelivery } from "../delivery/index.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";
import { writeWhole } from "../write-whole.ts";

interface DeliveryCommandOptions {
  readonly file: string;
  readonly env?: string;
  readonly out?: string;
  readonly output: OutputFormat;
}

/** The command without a sub-command. */
export const manifestDelivery = (command: Command): Command =>
  command
    .description("Write the manifests that deliver a filter; without a command, all that a pwk.yaml delivers.")
    .option("--file <file>", "what is delivered, and where", defaultFile)
    .option("--env <name>", "environment of the file (default: all into a folder, else the only one)")
    .option(
      "--out <path>",
      "a file (*.yaml, *.json), or a folder with one for each resource (default: standard output)",
    )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk manifest --env staging | kubectl apply --server-side -f -
  pwk manifest --out manifests`,
    )
    .action(run);

async function run(options: DeliveryCommandOptions): Promise<void> {
  const { file, env, out, output } = options;
  const asked = { file, ...(env !== undefined && { environment: env }) };
  if (out !== undefined && !isFile(out)) {
    const all = await renderDeliveries(asked);
    const folders = all.flatMap(({ environment }) => (environment === null ? [] : [`${environment}/`]));
    await writeFolder(
      out,
      foldersOf(all),
      (path) => env === undefined || folders.some((each) => path.startsWith(each)),
    );
    return;
  }
  const rendered = await renderDelivery(asked);
  if (output === "json" || out?.endsWith(".json")) {
    if (out === undefined) print("json", rendered, String);
    else await writeWhole("--out", out, `${JSON.stringify(rendered, null, 2)}\n`);
    return;
  }
  const yaml = streamOf(rendered, options);
  if (out === undefined) process.stdout.write(yaml);
  else await writeWhole("--out", out, yaml);
}

const isFile = (path: string) => /\.(ya?ml|json)$/i.test(path);

/** What `kubectl apply` takes. What it does not is told, and not mixed with it. */
function streamOf(
  { resources, patches, httpFilters, environment }: RenderedDelivery,
  { file }: DeliveryCommandOptions,
) {
  if (resources.length === 0 && httpFilters.length > 0) return toYaml([{ http_filters: httpFilters }]);
  const folder = environment === null ? "manifests" : `manifests/${environment}`;
  const left = [
    ...patches.map(({ kind, metadata: { name, namespace } }) => {
      const workload = `${kind.toLowerCase()}-${name}`;
      return `${kind.toLowerCase()}/${name} gets modules by a patch: pwk manifest --out manifests, then kubectl -n ${namespace} patch ${kind.toLowerCase()} ${name} --patch-file ${folder}/patches/${workload}.yaml`;
    }),
    ...(httpFilters.length === 0 ? [] : [`Envoy's http_filters are not here: pwk manifest --out manifests`]),
  ];
  for (const line of left) process.stderr.write(`pwk: ${line}\n`);
  if (resources.length === 0) throw new Failure(`${file}: expected at least one filter, mirror or metric, found none`);
  return toYaml(resources);
}
