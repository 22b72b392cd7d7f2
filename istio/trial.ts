/** Manifests before a real istiod and a real Envoy: which filters are then in which listener, and what a request comes to. */
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { EnvoyProcess } from "@proxy-wasm-kit/envoy";
import { type Chain, chainOf } from "./chains.ts";
import { IstioHarness } from "./harness.ts";
import {
  type Direction,
  istioObjects,
  kubernetesObjects,
  type TrialPod,
  trialAddresses,
  trialBootstrap,
} from "./trial-pod.ts";

export interface TrialInput {
  /** Paths of the executables. */
  readonly harness: string;
  readonly envoy: string;
  /** Such as "1.31". */
  readonly istioVersion: string;
  readonly pod: Omit<TrialPod, "application">;
  /** Objects of Istio. Modules are files of this machine. */
  readonly manifests: readonly object[];
  /** Variables of the proxy, besides those of this process. */
  readonly environment: Readonly<Record<string, string>>;
}

export interface TriedListener extends Chain {
  readonly direction: Direction;
  readonly port: number;
  /** What GET / comes to; null when there is no answer, or nothing to ask. */
  readonly status: number | null;
}

/** Envoy has its listeners within a fraction of a second. */
const patienceMs = 20_000;
const pollMs = 20;

/** Throws when istiod does not take an object, and when Envoy gets no listener. */
export async function tryManifests(input: TrialInput): Promise<TriedListener[]> {
  const ends: (() => Promise<unknown>)[] = [];
  try {
    const server = createServer((_request, response) => response.end("ok\n")).listen(0, "127.0.0.1");
    ends.unshift(() => new Promise((closed) => server.close(closed)));
    await once(server, "listening");
    const pod = { ...input.pod, application: (server.address() as AddressInfo).port };
    const addresses = trialAddresses();
    const harness = await startHarness(input, kubernetesObjects(pod), [
      ...istioObjects(pod, addresses),
      ...input.manifests,
    ]);
    ends.unshift(() => harness.stop());
    const envoy = await EnvoyProcess.start({
      binary: input.envoy,
      bootstrap: trialBootstrap(pod, input.istioVersion, harness.port),
      environment: { ...process.env, ...input.environment },
    });
    ends.unshift(() => envoy.stop());
    const wanted = [
      ...pod.ports.map((port) => ({ direction: "inbound" as const, port })),
      ...pod.outboundPorts.map((port) => ({ direction: "outbound" as const, port })),
    ];
    const found: TriedListener[] = [];
    for (const { direction, port } of wanted) {
      const chain = await awaitChain(envoy, addresses[direction], port);
      const status = chain.refusal === null ? await get(addresses[direction], port) : null;
      found.push({ ...chain, direction, port, status });
    }
    return found;
  } finally {
    for (const end of ends) await end();
  }
}

/** JSON is YAML. */
async function startHarness(
  { harness }: TrialInput,
  kube: readonly object[],
  istio: readonly object[],
): Promise<IstioHarness> {
  const folder = await mkdtemp(join(tmpdir(), "pwk-trial-"));
  const write = async (name: string, objects: readonly object[]) => {
    const text = objects.map((object) => JSON.stringify(object)).join("\n---\n");
    await writeFile(join(folder, name), text, { mode: 0o600 });
    return [join(folder, name)];
  };
  try {
    return await IstioHarness.start(harness, {
      kube: await write("kube.yaml", kube),
      istio: await write("istio.yaml", istio),
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function awaitChain(envoy: EnvoyProcess, address: string, port: number): Promise<Chain> {
  const giveUpAt = Date.now() + patienceMs;
  for (;;) {
    const chain = chainOf(await envoy.admin.configDump(), address, port);
    if (chain !== null) return chain;
    if (Date.now() > giveUpAt)
      throw new Error(`Envoy has got no listener on port ${port} from istiod within ${patienceMs / 1000} s`);
    await delay(pollMs);
  }
}

function get(address: string, port: number): Promise<number | null> {
  return new Promise((resolve) => {
    const options = { host: address, port, path: "/", headers: { host: "elsewhere.example" }, agent: false };
    const sent = request({ ...options, timeout: patienceMs }, (response) => {
      response.resume();
      response.on("close", () => resolve(response.statusCode ?? null));
    });
    sent.on("error", () => resolve(null));
    sent.on("timeout", () => sent.destroy());
    sent.end();
  });
}
