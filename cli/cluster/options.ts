/** Options of every command that asks a cluster. */
import { type Command, Option } from "commander";
import { duration } from "../input.ts";

export interface ClusterOptions {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly requestTimeout: number;
  readonly istiod?: string;
  readonly istioNamespace: string;
}

const defaultRequestTimeoutMs = 10_000;

export const withClusterOptions = (command: Command): Command =>
  command
    .option("--context <name>", "kubectl's context (default: its current one)")
    .option("--kubeconfig <file>", "kubectl's configuration (default: as kubectl finds it)")
    .addOption(
      new Option("--request-timeout <time>", "how long one answer may take")
        .argParser(duration)
        .default(defaultRequestTimeoutMs, "10s"),
    )
    .option("--istio-namespace <name>", "where istiod is; what lies there is for every namespace", "istio-system")
    .option("--istiod <url>", "istiod's http address, where port-forwarding cannot be had");
