/** Findings as a compiler prints them. */
import type { Finding } from "@proxy-wasm-kit/check";

export function findingsText(findings: readonly Finding[], files: number): string {
  const lines = findings.map(({ file, line, column, severity, object, path, message }) => {
    const where = [object, path].filter(Boolean).join(" ");
    return `${file}:${line}:${column}: ${severity}: ${where === "" ? "" : `${where}: `}${message}`;
  });
  return [...lines, summary(findings, files)].join("\n");
}

function summary(findings: readonly Finding[], files: number): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return `${counted(files, "file")}: ${counted(errors, "error")}, ${counted(warnings, "warning")}`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
