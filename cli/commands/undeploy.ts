/** `pwk undeploy`: what `pwk deploy` has applied is gone again. */
import { Command } from "commander";
import { type ClusterOptions, withClusterOptions } from "../cluster/options.ts";
import { objectsOf, readInput } from "../deploy/input.ts";
import { clusterOf, printReport } from "../deploy/run.ts";
import { undeploy as undeployAll } from "../deploy/undeploy.ts";
import { type OutputFormat, outputOption } from "../print.ts";
import { timeoutOption } from "./deploy.ts";

interface UndeployCommandOptions extends ClusterOptions {
  readonly file?: string;
  readonly env?: string;
  readonly wait: boolean;
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly force: boolean;
  readonly output: OutputFormat;
}

export const undeploy = (): Command =>
  withClusterOptions(
    new Command("undeploy")
      .description("Delete exactly these objects with kubectl, and wait until the proxies no longer have them.")
      .argument("[manifests...]", "files, folders, or - for standard input (default: what pwk.yaml delivers)")
      .option("--file <file>", "pwk.yaml of what is delivered, where no manifests are named")
      .option("--env <name>", "environment of the pwk.yaml")
      .option("--dry-run", "stop before anything is deleted", false)
      .option("--force", "also objects that somebody else has made, or changed", false)
      .option("--no-wait", "do not look at the proxies")
      .addOption(timeoutOption()),
  )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
An object is pwk's when it has the label app.kubernetes.io/managed-by: pwk, or nobody but pwk deploy has set its fields.

Exit codes: 0 when they are gone, or were not there; otherwise 1.

Examples:
  pwk undeploy --env staging
  pwk undeploy manifests/ --dry-run`,
    )
    .action(run);

async function run(paths: readonly string[], options: UndeployCommandOptions): Promise<void> {
  const files = await readInput(paths, options, () => {});
  const objects = objectsOf(files);
  const cluster = clusterOf(objects, options);
  try {
    const report = await undeployAll(objects, {
      ...cluster,
      ...(!options.wait && { istiod: null }),
      isDryRun: options.dryRun,
      force: options.force,
      timeoutMs: options.timeout,
    });
    cluster.progress.end();
    printReport(options.output, report, files.length);
  } finally {
    cluster.progress.end();
  }
}
