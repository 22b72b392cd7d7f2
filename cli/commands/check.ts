/** `pwk check`: what is wrong with manifests, before a cluster has seen them. */
import {
  type CheckOptions,
  checkManifests,
  type ManifestFile,
  newestIstioMinor,
  type Workload,
} from "@proxy-wasm-kit/check";
import { Command } from "commander";
import { readManifestFiles, renderedFiles } from "../check/files.ts";
import { tryOnIstio } from "../check/istio.ts";
import { checkOptions, type SurroundingsOptions } from "../check/options.ts";
import { checkText } from "../check/text.ts";
import { istioMinor, workload } from "../check/workload.ts";
import { defaultFile } from "../delivery/index.ts";
import { Failure } from "../failure.ts";
import { collect } from "../input.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";

interface CheckCommandOptions extends SurroundingsOptions {
  readonly file?: string;
  readonly env?: string;
  readonly workload?: readonly Workload[];
  readonly withIstio: boolean;
  readonly strict: boolean;
  readonly output: OutputFormat;
}

export const check = (): Command =>
  new Command("check")
    .description("Find what makes manifests refused, or silently do nothing, before a cluster has seen them.")
    .argument(
      "[manifests...]",
      "files, folders, or - for standard input; they are seen together (default: of pwk.yaml)",
    )
    .option("--file <pwk.yaml>", `what is delivered, and where (default: ${defaultFile})`)
    .option("--env <name>", "environment of that file (default: each of them)")
    .option("--istio <version>", `version of Istio that gets them (default: 1.${newestIstioMinor})`, istioMinor)
    .option(
      "--module <file.wasm>",
      "module that they deliver, to be loaded with its configuration; may be repeated (always: dist/*.wasm)",
      collect(String),
    )
    .option(
      "--workload <kind:labels:ports>",
      "what runs in the cluster, such as sidecar:app=shop:8080; may be repeated (always: those in the manifests)",
      workload,
    )
    .option("--chain-filter <name>", "filter that others put into the chain; may be repeated", collect(String))
    .option(
      "--with-istio",
      "let a real istiod push them to a real Envoy, and look for the filters in its listeners; builds istiod once, with Go",
      false,
    )
    .option("--no-envoy", "do not ask a real Envoy, where there is one")
    .option("--strict", "warnings are errors", false)
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Values of the proxy's environment that filters read are taken from that of this command.

Exit codes: 0 when there is no error; otherwise 1.

Examples:
  pwk check --env prod
  pwk manifest envoyfilter hmac-auth --namespace prod --selector app=httpbin --config config.yaml | pwk check -
  pwk check manifests/ --workload sidecar:app=httpbin:8080 --istio 1.30
  pwk check manifests/ --with-istio
  pwk check manifests/ -o json | jq '.findings[] | select(.severity == "error")'`,
    )
    .action(async (paths: readonly string[], options: CheckCommandOptions) => {
      const sets = await setsOf(paths, options);
      const surroundings = await checkOptions(options);
      const results = [];
      for (const files of sets) results.push(await checkSet(files, surroundings, options));
      const files = sets.flat().map(({ name }) => name);
      const findings = results.flatMap((result) => result.findings);
      const trials = results.flatMap((result) => result.trials);
      print(options.output, { files, findings, ...(options.withIstio && { trials }) }, () =>
        checkText(findings, files.length, trials),
      );
      if (findings.some(({ severity }) => severity === "error" || options.strict)) process.exitCode = 1;
    });

/** What is seen together: all files that are named, or each environment for itself. */
async function setsOf(paths: readonly string[], { file, env }: CheckCommandOptions): Promise<ManifestFile[][]> {
  if (paths.length > 0) {
    if (file !== undefined || env !== undefined)
      throw new Failure("--file, --env: are for a pwk.yaml; leave the manifests away");
    return [await readManifestFiles(paths)];
  }
  const delivery = { ...(file !== undefined && { file }), ...(env !== undefined && { environment: env }) };
  return (await renderedFiles(delivery)).map((each) => [each]);
}

async function checkSet(
  files: readonly ManifestFile[],
  surroundings: CheckOptions,
  { withIstio }: CheckCommandOptions,
) {
  const findings = await checkManifests(files, surroundings);
  // What is wrong already would only be told again, in other words.
  const isGood = findings.every(({ severity }) => severity === "warning");
  const tried = withIstio && isGood ? await tryOnIstio(files, surroundings) : { findings: [], trials: [] };
  return { findings: [...findings, ...tried.findings], trials: tried.trials };
}
