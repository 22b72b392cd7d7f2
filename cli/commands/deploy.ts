/** `pwk deploy`: from manifests to proxies that have them. */
import { checkManifests } from "@proxy-wasm-kit/check";
import { Command, Option } from "commander";
import { checkOptions } from "../check/options.ts";
import { type ClusterOptions, withClusterOptions } from "../cluster/options.ts";
import { deploy as deployAll } from "../deploy/deploy.ts";
import { objectsOf, readInput } from "../deploy/input.ts";
import { clusterOf, printReport } from "../deploy/run.ts";
import { duration } from "../input.ts";
import { type OutputFormat, outputOption } from "../print.ts";

interface DeployCommandOptions extends ClusterOptions {
  readonly file?: string;
  readonly env?: string;
  readonly check: boolean;
  readonly wait: boolean;
  readonly timeout: number;
  readonly dryRun: boolean;
  readonly forceConflicts: boolean;
  readonly output: OutputFormat;
}

const defaultTimeoutMs = 60_000;

export const timeoutOption = (): Option =>
  new Option("--timeout <time>", "how long to wait for the proxies")
    .argParser(duration)
    .default(defaultTimeoutMs, "60s");

export const deploy = (): Command =>
  withClusterOptions(
    new Command("deploy")
      .description("Check manifests, apply them with kubectl, and wait until the proxies have them.")
      .argument("[manifests...]", "files, folders, or - for standard input (default: what pwk.yaml delivers)")
      .option("--file <file>", "pwk.yaml of what is delivered, where no manifests are named")
      .option("--env <name>", "environment of the pwk.yaml")
      .option("--dry-run", "stop before anything is applied", false)
      .option("--no-check", "leave the check to the API server")
      .option("--force-conflicts", "take over fields that somebody else has set", false)
      .option("--no-wait", "do not look at the proxies")
      .addOption(timeoutOption()),
  )
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Nothing is applied before everything has passed: what pwk check says, and the API server's dry run without a warning.

Exit codes: 0 when every proxy has everything; otherwise 1.

Examples:
  pwk deploy --env staging
  pwk deploy manifests/ --dry-run
  pwk manifest envoyfilter hmac-auth --namespace prod --selector app=httpbin --config config.yaml | pwk deploy -`,
    )
    .action(run);

async function run(paths: readonly string[], options: DeployCommandOptions): Promise<void> {
  const files = await readInput(paths, options, (line) => process.stderr.write(`pwk: ${line}\n`));
  const findings = options.check ? await checkManifests(files, await checkOptions({ envoy: true })) : [];
  if (findings.some(({ severity }) => severity === "error")) {
    const messages = ["Nothing is applied."];
    return printReport(options.output, { ok: false, findings, objects: [], messages }, files.length);
  }
  const objects = objectsOf(files);
  const cluster = clusterOf(objects, options);
  try {
    const report = await deployAll(objects, {
      ...cluster,
      ...(!options.wait && { istiod: null }),
      isDryRun: options.dryRun,
      forceConflicts: options.forceConflicts,
      timeoutMs: options.timeout,
    });
    cluster.progress.end();
    printReport(options.output, { ...report, findings }, files.length);
  } finally {
    cluster.progress.end();
  }
}
