/** `pwk check`: what is wrong with manifests, before a cluster has seen them. */
import { checkManifests, newestIstioMinor, type Workload } from "@proxy-wasm-kit/check";
import { Command } from "commander";
import { readManifestFiles } from "../check/files.ts";
import { tryOnIstio } from "../check/istio.ts";
import { checkOptions, type SurroundingsOptions } from "../check/options.ts";
import { checkText } from "../check/text.ts";
import { istioMinor, workload } from "../check/workload.ts";
import { collect } from "../input.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";

interface CheckCommandOptions extends SurroundingsOptions {
  readonly workload?: readonly Workload[];
  readonly withIstio: boolean;
  readonly strict: boolean;
  readonly output: OutputFormat;
}

export const check = (): Command =>
  new Command("check")
    .description("Find what makes manifests refused, or silently do nothing, before a cluster has seen them.")
    .argument("<manifests...>", "files, folders, or - for standard input; they are seen together")
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
  pwk manifest envoyfilter hmac-auth --namespace prod --selector app=httpbin --config config.yaml | pwk check -
  pwk check manifests/ --workload sidecar:app=httpbin:8080 --istio 1.30
  pwk check manifests/ --with-istio
  pwk check manifests/ -o json | jq '.findings[] | select(.severity == "error")'`,
    )
    .action(async (paths: readonly string[], options: CheckCommandOptions) => {
      const files = await readManifestFiles(paths);
      const surroundings = await checkOptions(options);
      const found = await checkManifests(files, surroundings);
      const isGood = found.every(({ severity }) => severity === "warning");
      // What is wrong already would only be told again, in other words.
      const tried = options.withIstio && isGood ? await tryOnIstio(files, surroundings) : null;
      const findings = [...found, ...(tried?.findings ?? [])];
      const { trials } = tried ?? {};
      print(options.output, { files: files.map(({ name }) => name), findings, ...(trials && { trials }) }, () =>
        checkText(findings, files.length, trials),
      );
      if (findings.some(({ severity }) => severity === "error" || options.strict)) process.exitCode = 1;
    });
