/** What the three commands have in common: their options, and how a report is printed. */
import type { Finding } from "@proxy-wasm-kit/check";
import { checkText } from "../check/text.ts";
import { reachIstiod } from "../cluster/istiod.ts";
import { Kubectl } from "../cluster/kubectl.ts";
import type { WrittenObject } from "../cluster/objects.ts";
import type { ClusterOptions } from "../cluster/options.ts";
import { type OutputFormat, print } from "../print.ts";
import { secretsOf } from "./input.ts";
import { progressOn } from "./progress.ts";
import { type Report, reportText } from "./report.ts";

export function clusterOf(objects: readonly WrittenObject[], options: ClusterOptions) {
  const { context, kubeconfig, requestTimeout: limitMs, istioNamespace: namespace, istiod: url } = options;
  const stop = untilStopped();
  const kubectl = new Kubectl({
    ...(context !== undefined && { context }),
    ...(kubeconfig !== undefined && { kubeconfig }),
    limitMs,
    secrets: secretsOf(objects),
    stop,
  });
  const istiod = () => reachIstiod(kubectl, { ...(url !== undefined && { url }), namespace, limitMs, stop });
  return { kubectl, istiod, rootNamespace: namespace, stop, progress: progressOn() };
}

/** At Ctrl-C, which npm may pass on twice, or when the process is told to end. */
function untilStopped(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => controller.abort());
  return controller.signal;
}

/** The exit code says whether everything is as it should be. */
export function printReport(output: OutputFormat, report: Report, files: number): void {
  print(output, report, () => reportText(report, (findings: readonly Finding[]) => checkText(findings, files)));
  if (!report.ok) process.exitCode = 1;
}
