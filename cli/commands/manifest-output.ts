/** What the commands that write manifests have in common. */
import { toYaml } from "@proxy-wasm-kit/deliver";
import { InvalidArgumentError } from "commander";
import { type OutputFormat, print } from "../print.ts";
import { writeWhole } from "../write-whole.ts";

export interface WriteOptions {
  readonly out?: string;
  readonly output: OutputFormat;
}

type Resources = Parameters<typeof toYaml>[0];

/** To the file that was asked for, or to standard output. */
export async function writeResources(resources: Resources, { out, output }: WriteOptions): Promise<void> {
  if (out === undefined) print(output, resources, (all) => toYaml(all).trimEnd());
  else await writeWhole("--out", out, output === "json" ? JSON.stringify(resources, null, 2) : toYaml(resources));
}

export function wholeNumber(text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new InvalidArgumentError("expected a whole number.");
  return Number(text);
}
