/** Findings as a compiler prints them, and what Istio has made of the manifests. */
import type { Finding } from "@proxy-wasm-kit/check";
import type { Trial } from "./istio.ts";

export function checkText(findings: readonly Finding[], files: number, trials: readonly Trial[] = []): string {
  const lines = findings.map(({ file, line, column, severity, object, path, message }) => {
    const where = [object, path].filter(Boolean).join(" ");
    return `${file}:${line}:${column}: ${severity}: ${where === "" ? "" : `${where}: `}${message}`;
  });
  return [...trials.flatMap(trialLines), ...lines, summary(findings, files)].join("\n");
}

const trialLines = ({ pod, listeners }: Trial): string[] =>
  listeners.map(({ direction, port, refusal, httpFilters, status }) => {
    const answer = status === null ? "no answer" : `GET / gets ${status}`;
    return `istio: ${pod}, ${direction} port ${port}: ${refusal === null ? `${httpFilters.join(", ")}; ${answer}` : "refused"}`;
  });

function summary(findings: readonly Finding[], files: number): string {
  const errors = findings.filter(({ severity }) => severity === "error").length;
  const warnings = findings.length - errors;
  return `${counted(files, "file")}: ${counted(errors, "error")}, ${counted(warnings, "warning")}`;
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
