/** `pwk doctor`: what is here, what is missing, what to do. */
import { Command } from "commander";
import type { Finding } from "../doctor/check.ts";
import { checks } from "../doctor/checks.ts";
import { type OutputFormat, outputOption, print } from "../print.ts";

export const doctor = (): Command =>
  new Command("doctor")
    .description("Show what is here of all that pwk may need, what is missing, and what to do.")
    .addOption(outputOption())
    .addHelpText(
      "after",
      `
Exit codes: 0 when all is here that every command needs, though what some need may be missing; otherwise 1.

Examples:
  pwk doctor
  pwk doctor -o json | jq '.[] | select(.status != "ok")'`,
    )
    .action(async ({ output }: { output: OutputFormat }) => {
      const findings = await Promise.all(checks.map((check) => check(process.env)));
      print(output, findings, asText);
      if (findings.some(({ status }) => status === "missing")) process.exitCode = 1;
    });

const marks = { ok: "✓", optional: "-", missing: "✗" } as const;

function asText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const indent = `\n${" ".repeat(width + 4)}`;
  return findings
    .map(({ name, status, found, purpose, remedy }) => {
      const line = `${marks[status]} ${name.padEnd(width)}  ${found.replaceAll("\n", indent)}`;
      if (remedy === null) return line;
      return `${line}${indent}for: ${purpose}${indent}do:  ${remedy.replaceAll("\n", indent)}`;
    })
    .join("\n");
}
