/** `--workload`: what runs in the cluster and is not in the manifests. */
import type { Workload } from "@proxy-wasm-kit/check";
import { InvalidArgumentError } from "commander";

/** "sidecar:app=shop,version=v1:8080": kind, labels, ports; the last two may be left out. */
export function workload(text: string, before: readonly Workload[] = []): readonly Workload[] {
  const [kind = "", labels = "", ports = "", ...rest] = text.split(":");
  if ((kind !== "sidecar" && kind !== "gateway") || rest.length > 0)
    throw new InvalidArgumentError(
      "expected sidecar or gateway, then labels and ports, such as sidecar:app=shop:8080.",
    );
  const pairs = labels === "" ? [] : labels.split(",").map((label) => label.split("="));
  if (pairs.some(([key, value, more]) => !key || value === undefined || more !== undefined))
    throw new InvalidArgumentError("expected labels such as app=shop,version=v1.");
  const numbers = ports === "" ? [] : ports.split(",").map(Number);
  if (numbers.some((port) => !Number.isInteger(port) || port < 1 || port > 65535))
    throw new InvalidArgumentError("expected ports from 1 to 65535, separated by commas.");
  const found = { title: `--workload ${text}`, namespace: "", labels: Object.fromEntries(pairs), mounts: [] };
  return [...before, { ...found, kind, ports: numbers }];
}

/** "1.31" or "1.31.2". */
export function istioMinor(text: string): number {
  const minor = /^1\.(\d{1,3})(\.\d+)?$/.exec(text)?.[1];
  if (minor === undefined) throw new InvalidArgumentError("expected a version of Istio such as 1.31.");
  return Number(minor);
}
