/** How results reach the terminal. */
import { Option } from "commander";

export type OutputFormat = "text" | "json";

/** `-o text|json`, the same for every command that prints results. */
export const outputOption = (): Option =>
  new Option("-o, --output <format>", "how to print the result").choices(["text", "json"]).default("text");

/** Prints a result as indented JSON, or as the text that `asText` makes of it. */
export function print<T>(format: OutputFormat, result: T, asText: (result: T) => string): void {
  process.stdout.write(`${format === "json" ? JSON.stringify(result, null, 2) : asText(result)}\n`);
}

/** "19,972 B". */
export const bytes = (count: number): string => `${count.toLocaleString("en-US")} B`;
