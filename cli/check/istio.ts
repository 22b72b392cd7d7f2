/** `--with-istio`: the manifests before a real istiod and a real Envoy, in pods such as they are for. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CheckOptions,
  type DeliveredFilter,
  type Delivery,
  defaultNamespace,
  deliveriesOf,
  type Finding,
  type ManifestFile,
  readManifests,
} from "@proxy-wasm-kit/check";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { buildHarness, istioVersion, type TriedListener, tryManifests } from "@proxy-wasm-kit/istio";
import { Failure, messageOf } from "../failure.ts";
import { type Pod, podsOf } from "./pods.ts";

/** What was seen in a pod. */
export interface Trial {
  /** Such as "sidecar app=shop in prod". */
  readonly pod: string;
  readonly listeners: readonly TriedListener[];
}

export interface TrialResult {
  readonly findings: readonly Finding[];
  readonly trials: readonly Trial[];
}

export async function tryOnIstio(files: readonly ManifestFile[], options: CheckOptions): Promise<TrialResult> {
  const harness = await buildHarness();
  if (harness === null) throw new Failure("--with-istio: istiod could not be built, see above");
  const { binary } = await findEnvoy().catch((error: unknown) => {
    throw new Failure(`--with-istio: ${messageOf(error)}`);
  });
  const folder = await mkdtemp(join(tmpdir(), "pwk-modules-"));
  try {
    const findings: Finding[] = [];
    const manifests = files.flatMap((file) => readManifests(file, findings));
    const deliveries = await deliveriesOf(manifests, options, async (name, bytes) => {
      const path = join(folder, `${name}.wasm`);
      await writeFile(path, bytes);
      return path;
    });
    const tried = deliveries.filter(isTried);
    const trials: Trial[] = [];
    for (const pod of podsOf(tried)) {
      const listeners = await listenersOf(pod, tried, { harness, envoy: binary });
      trials.push({ pod: pod.title, listeners });
      for (const [delivery, filter] of pod.wanted) tell(delivery, filter, listeners, pod);
    }
    return { findings, trials };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function isTried({ missing, manifest }: Delivery): boolean {
  if (missing.length === 0) return true;
  const names = missing.join(", ");
  manifest.report([], `not tried on Istio, as the module of ${names} is not at hand; give it with --module`, "warning");
  return false;
}

async function listenersOf(
  pod: Pod,
  deliveries: readonly Delivery[],
  programs: { readonly harness: string; readonly envoy: string },
): Promise<readonly TriedListener[]> {
  try {
    return await tryManifests({
      ...programs,
      istioVersion: istioVersion(),
      pod,
      manifests: deliveries.map(({ localValue }) => inNamespace(localValue)),
      environment: Object.assign({}, ...deliveries.map(({ environment }) => environment)) as Record<string, string>,
    });
  } catch (error) {
    throw new Failure(`--with-istio: ${pod.title}: ${messageOf(error)}`);
  }
}

/** kubectl writes it where it is not said. */
function inNamespace(value: Delivery["localValue"]): object {
  const metadata = value.metadata as Readonly<Record<string, unknown>>;
  return { ...value, metadata: { namespace: defaultNamespace, ...metadata } };
}

function tell({ manifest }: Delivery, filter: DeliveredFilter, listeners: readonly TriedListener[], pod: Pod): void {
  const direction = filter.side === "outbound" ? "outbound" : "inbound";
  const meant = listeners.filter((each) => each.direction === direction && (filter.port ?? each.port) === each.port);
  for (const { port, refusal, httpFilters } of meant) {
    const where = `${pod.title}, port ${port}`;
    if (refusal !== null)
      manifest.report(filter.path, `Envoy refuses the listener that istiod makes (${where}): ${refusal}`);
    else if (!httpFilters.includes(filter.name))
      manifest.report(
        filter.path,
        `istiod puts ${filter.name} into no listener (${where}); the chain is ${httpFilters.join(", ")}`,
      );
  }
  if (meant.length === 0)
    manifest.report(filter.path, `there is no ${direction} listener on port ${filter.port} (${pod.title})`);
}
