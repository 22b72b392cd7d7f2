/** `pwk attributes from-openapi <file>`: an API's description as a configuration of attribute-gen. */
import { Command, InvalidArgumentError, Option } from "commander";
import { attributeConfiguration } from "../openapi/attribute.ts";
import { readDocument } from "../openapi/document.ts";
import { withoutSlash } from "../openapi/operations.ts";
import { outputOption } from "../print.ts";
import { type WriteOptions, writeDocument } from "./manifest-output.ts";

interface AttributesOptions extends WriteOptions {
  readonly attribute: string;
  readonly phase: string;
  readonly basePath?: readonly string[];
  readonly default?: string;
}

export const attributes = (): Command =>
  new Command("attributes").description("Write configurations of attribute-gen.").addCommand(fromOpenapi());

const fromOpenapi = (): Command =>
  new Command("from-openapi")
    .description("One attribute that has, for each operation of an API, its operationId; without one, METHOD /path.")
    .argument("<file>", "OpenAPI 3.0 or 3.1, or Swagger 2.0, in YAML or JSON; - is standard input")
    .option("--attribute <name>", "the attribute that is set", attributeName, "istio_operationId")
    .option("--base-path <path>", "before each path, instead of the servers' paths; may be repeated", basePath)
    .option("--default <value>", "for requests that are no operation (default: not set)")
    .addOption(
      new Option("--phase <phase>", "when it is set; AFTER_RESPONSE sees a path that the route has rewritten")
        .choices(["ON_REQUEST", "AFTER_RESPONSE"])
        .default("ON_REQUEST"),
    )
    .option("--out <file>", "write to a file, whole or not at all (default: standard output)")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Examples:
  pwk attributes from-openapi openapi.yaml --default other --out attributes.yaml
  pwk attributes from-openapi openapi.yaml | pwk manifest envoyfilter attribute-gen --namespace prod --selector app=books --config -`,
    )
    .action(async (file: string, options: AttributesOptions) => {
      const { attribute, phase, basePath: basePaths, default: otherwise } = options;
      const configuration = attributeConfiguration(await readDocument(file), {
        ...{ attribute, phase },
        ...(basePaths !== undefined && { basePaths }),
        ...(otherwise !== undefined && { otherwise }),
      });
      await writeDocument(configuration, options);
    });

/** As attribute-gen takes it. */
function attributeName(text: string): string {
  if (!/^[!-~]{1,256}$/.test(text)) throw new InvalidArgumentError("expected a name in ASCII, without blanks.");
  return text;
}

function basePath(text: string, before: readonly string[] = []): readonly string[] {
  if (text !== "" && !/^\/[^?#{}]*$/.test(text)) throw new InvalidArgumentError('expected a path such as "/v1".');
  return [...new Set([...before, withoutSlash(text)])];
}
