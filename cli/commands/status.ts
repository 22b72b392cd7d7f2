/** `pwk status`: what of the manifests is in the cluster, and in the proxies. */
import { Command } from "commander";
import { type ClusterOptions, withClusterOptions } from "../cluster/options.ts";
import { objectsOf, readInput } from "../deploy/input.ts";
import { clusterOf, printReport } from "../deploy/run.ts";
import { status as statusOf } from "../deploy/status.ts";
import { type OutputFormat, outputOption } from "../print.ts";

interface StatusCommandOptions extends ClusterOptions {
  readonly file?: string;
  readonly env?: string;
  readonly output: OutputFormat;
}

export const status = (): Command =>
  withClusterOptions(
    new Command("status")
      .description("Show what of the manifests is in the cluster, and which proxies have it.")
      .argument("[manifests...]", "files, folders, or - for standard input (default: what pwk.yaml delivers)")
      .option("--file <file>", "pwk.yaml of what is delivered, where no manifests are named")
      .option("--env <name>", "environment of the pwk.yaml"),
  )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Exit codes: 0 when the cluster has everything as it is written, and every proxy too; otherwise 1.

Examples:
  pwk status --env staging
  pwk status manifests/ -o json | jq '.objects[].proxies[] | select(.state != "has")'`,
    )
    .action(run);

async function run(paths: readonly string[], options: StatusCommandOptions): Promise<void> {
  const files = await readInput(paths, options, () => {});
  const objects = objectsOf(files);
  const cluster = clusterOf(objects, options);
  try {
    const report = await statusOf(objects, cluster);
    cluster.progress.end();
    printReport(options.output, report, files.length);
  } finally {
    cluster.progress.end();
  }
}
