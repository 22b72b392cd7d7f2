/** What the commands that write manifests have in common. */
import { type ListenerTarget, type ProxyContext, contexts as sides, toYaml } from "@proxy-wasm-kit/deliver";
import { InvalidArgumentError, Option } from "commander";
import { collectOnce } from "../input.ts";
import { type OutputFormat, print } from "../print.ts";
import { writeWhole } from "../write-whole.ts";

export interface WriteOptions {
  readonly out?: string;
  readonly output: OutputFormat;
}

type Resources = Parameters<typeof toYaml>[0];

/** To the file that was asked for, or to standard output. */
export const writeResources = (resources: Resources, options: WriteOptions): Promise<void> =>
  write(resources, toYaml(resources), options);

/** One that is no resource, and in JSON no list. */
export const writeDocument = (document: object, options: WriteOptions): Promise<void> =>
  write(document, toYaml([document]), options);

async function write(value: object, yaml: string, { out, output }: WriteOptions): Promise<void> {
  if (out === undefined) print(output, value, () => yaml.trimEnd());
  else await writeWhole("--out", out, output === "json" ? JSON.stringify(value, null, 2) : yaml);
}

export type Selector = "*" | readonly (readonly [string, string])[];

export const selectorOption = (): Option =>
  new Option(
    "--selector <label=value>",
    "label of the workloads' pods; may be repeated; '*': all of the namespace",
  ).argParser(selector);

export const selectorOf = (selector: Selector): ListenerTarget["selector"] =>
  selector === "*" ? "*" : Object.fromEntries(selector);

function selector(text: string, before: Selector | undefined): Selector {
  if (text === "*" && before === undefined) return "*";
  if (text === "*" || before === "*") throw new InvalidArgumentError("expected labels, or '*' alone.");
  return collectOnce(text, before);
}

/** The sides on which a filter can be. */
export const contexts: Readonly<Record<string, ProxyContext>> = sides;

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}
