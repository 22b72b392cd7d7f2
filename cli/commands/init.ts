/** `pwk init`: a new project for a filter. */
import { basename, resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { Failure } from "../failure.ts";
import { askTemplate } from "../project/ask.ts";
import { filesOf } from "../project/files.ts";
import { type Template, templates } from "../project/templates.ts";
import { expectEmpty, writeProject } from "../project/write.ts";

interface InitOptions {
  readonly template?: Template;
  readonly name?: string;
  readonly yes: boolean;
}

export const init = (): Command =>
  new Command("init")
    .description("Start a project for a new filter, with scenarios, a build and a CI.")
    .argument("<folder>", "where: a folder that is empty, or not there yet")
    .addOption(
      new Option(
        "--template <name>",
        `what to start from (default: asked at a terminal, otherwise http)\n${list}`,
      ).choices(Object.keys(templates)),
    )
    .option("--name <name>", "of the package and the module (default: that of the folder)", packageName)
    .option("-y, --yes", "ask nothing", false)
    .addHelpText("after", "\nExamples:\n  pwk init my-filter\n  pwk init my-filter --template auth --yes")
    .action(async (folder: string, options: InitOptions) => {
      const name = options.name ?? nameOf(folder);
      await expectEmpty(folder);
      const template = options.template ?? (await chooseTemplate(options.yes));
      const files = await filesOf(template, name);
      await writeProject(folder, files);
      const step = resolve(folder) === process.cwd() ? "" : `cd ${folder} && `;
      process.stdout.write(`${[...files.keys()].sort().join("\n")}\n\nNext: ${step}npm install && npm test\n`);
    });

const list = Object.entries(templates)
  .map(([name, description]) => `${name}: ${description}`)
  .join("\n");

async function chooseTemplate(isSilent: boolean): Promise<Template> {
  if (isSilent || !process.stdin.isTTY || !process.stderr.isTTY) return "http";
  const template = await askTemplate();
  if (template === null) throw new Failure("no template was chosen, and nothing is written");
  return template;
}

/** It becomes a package's name, a module's, a root ID, and part of metrics' names. */
const isName = (text: string) => /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(text) && text.length <= 64;

function packageName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("expected small letters, digits and single dashes, such as my-filter.");
}

function nameOf(folder: string): string {
  const name = basename(resolve(folder));
  if (isName(name)) return name;
  throw new Failure(
    `${folder}: expected a folder named like my-filter, found ${name}; give the project's name with --name`,
  );
}
