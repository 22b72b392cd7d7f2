/** `pwk manifest`: everything that a `pwk.yaml` delivers. */
import { styleText } from "node:util";
import {
  type DeliveryForm,
  deliveryFiles,
  deliveryForms,
  type RenderedDelivery,
  toYaml,
} from "@proxy-wasm-kit/deliver";
import { type Command, Option } from "commander";
import { type Change, clusterChanges, fileChanges, folderChanges, isFolder } from "../delivery/diff.ts";
import { type FolderContent, writeFolder } from "../delivery/folder.ts";
import { defaultFile, leftOut, renderDeliveries, renderDelivery } from "../delivery/index.ts";
import { Failure } from "../failure.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";
import { writeWhole } from "../write-whole.ts";

interface DeliveryCommandOptions {
  readonly file: string;
  readonly env?: string;
  readonly out?: string;
  readonly form: DeliveryForm;
  readonly diff?: string;
  readonly exitCode?: true;
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
    .addOption(
      new Option("--form <form>", "of a folder: plain files, a base and overlays, or a chart")
        .choices(deliveryForms)
        .default("yaml"),
    )
    .option("--diff <where>", "show what would change instead: in a file or folder written before, or in the cluster")
    .option("--exit-code", "with --diff: 1 when something would change, as git diff has it")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk manifest --env staging | kubectl apply --server-side -f -
  pwk manifest --out manifests
  pwk manifest --out chart --form helm
  pwk manifest --diff manifests
  pwk manifest --env prod --diff cluster      (through kubectl diff; for a folder of this name: ./cluster)`,
    )
    .action(run);

async function run(options: DeliveryCommandOptions): Promise<void> {
  checkOptions(options);
  if (options.diff !== undefined) return showChanges(await changesOf(options.diff, options), options);
  if (options.out !== undefined && !isFile(options.out)) return writeFolder(options.out, await contentOf(options));
  const rendered = await renderDelivery(askedFor(options));
  const text = textOf(rendered, options);
  if (options.out === undefined) process.stdout.write(text);
  else await writeWhole("--out", options.out, text);
  tellWhatIsLeft(rendered, options);
}

function checkOptions({ diff, out, form, env, exitCode }: DeliveryCommandOptions): void {
  if (diff !== undefined && out !== undefined) throw new Failure("--diff: writes nothing; leave --out away");
  if (exitCode && diff === undefined) throw new Failure("--exit-code: is for --diff, found none");
  if (form === "yaml") return;
  if ((out ?? diff) === undefined || isFile(out ?? diff ?? "") || diff === "cluster")
    throw new Failure(`--form ${form}: is for a folder; expected --out or --diff with one`);
  if (env !== undefined) throw new Failure(`--form ${form}: has all environments; leave --env away`);
}

const isFile = (path: string) => /\.(ya?ml|json)$/i.test(path);

const formatOf = (path = ""): OutputFormat => (/\.json$/i.test(path) ? "json" : "text");

const askedFor = ({ file, env }: DeliveryCommandOptions) => ({ file, ...(env !== undefined && { environment: env }) });

async function contentOf(options: DeliveryCommandOptions): Promise<FolderContent> {
  const all = await renderDeliveries(askedFor(options));
  return {
    name: all[0]?.name ?? "",
    files: deliveryFiles(options.form, all),
    // What other environments have stays.
    isOurs: (path: string) => options.env === undefined || path.startsWith(`${options.env}/`),
  };
}

async function changesOf(where: string, options: DeliveryCommandOptions): Promise<readonly Change[]> {
  if (where === "cluster") {
    const { resources } = await renderDelivery(askedFor(options));
    return clusterChanges(resources);
  }
  if (isFile(where) && !(await isFolder(where)))
    return fileChanges(
      where,
      textOf(await renderDelivery(askedFor(options)), { file: options.file, output: formatOf(where) }),
    );
  return folderChanges(where, await contentOf(options));
}

function showChanges(changes: readonly Change[], { output, exitCode }: DeliveryCommandOptions): void {
  print(output, changes, () =>
    changes.length === 0 ? "nothing would change" : changes.map(({ diff }) => coloured(diff.trimEnd())).join("\n"),
  );
  if (exitCode && changes.length > 0) process.exitCode = 1;
}

const colours = [
  [/^(---|\+\+\+|diff) /, "bold"],
  [/^@@/, "cyan"],
  [/^\+/, "green"],
  [/^-/, "red"],
] as const;

function coloured(diff: string): string {
  if (!process.stdout.isTTY || process.env.NO_COLOR) return diff;
  return diff.replace(/^.*$/gm, (line) => {
    const colour = colours.find(([begin]) => begin.test(line))?.[1];
    return colour === undefined ? line : styleText(colour, line);
  });
}

/** What `kubectl apply` takes; as JSON everything. */
function textOf(
  rendered: RenderedDelivery,
  { file, out, output }: Pick<DeliveryCommandOptions, "file" | "out" | "output">,
): string {
  if (output === "json" || formatOf(out) === "json") return `${JSON.stringify(rendered, null, 2)}\n`;
  const { resources, httpFilters } = rendered;
  if (resources.length > 0) return toYaml(resources);
  if (httpFilters.length > 0) return toYaml([{ http_filters: httpFilters }]);
  throw new Failure(`${file}: expected at least one filter, mirror or metric, found none`);
}

/** What `kubectl apply` does not take is told, and never mixed with the rest. */
function tellWhatIsLeft(rendered: RenderedDelivery, { out, output }: DeliveryCommandOptions): void {
  if (output === "json" || formatOf(out) === "json") return;
  for (const line of leftOut(rendered)) process.stderr.write(`pwk: ${line}\n`);
}
