/** What a module does on one engine, as values to compare by the name of what is looked at. */
import { basename } from "node:path";
import {
  type ClusterCall,
  type ClusterSpec,
  ConfigurationRefused,
  type Engine,
  type Exchange,
  type LogLine,
  type ProxyOptions,
  type RunningProxy,
} from "@proxy-wasm-kit/testing";
import type { Mood } from "./requests.ts";

export interface Setting {
  readonly configuration: string;
  readonly vmId: string;
  readonly rootId: string;
  /** Clusters by what they speak. */
  readonly http: readonly string[];
  readonly grpc: readonly string[];
  readonly isTcp: boolean;
}

export interface Look {
  readonly parts: ReadonlyMap<string, unknown>;
  /** What the module logs and whom it calls without any request, and so at any time. */
  readonly background: ReadonlySet<string>;
  /** It has called clusters: it may do something else when they answer something else. */
  readonly isCalling: boolean;
}

/** Ticks are waited for as long; those of the examples come each second, or more often. */
const idleMs = 1500;

export async function look(engine: Engine, wasm: string, setting: Setting, mood: Mood): Promise<Look> {
  const parts = new Map<string, unknown>();
  const background = new Set<string>();
  let isCalling = false;
  try {
    const proxy = await engine.start(setUp(wasm, setting, mood));
    // Each thread says so, in an order of their own.
    parts.set("logs at the start", [...new Set(lines(proxy.startLogs))].sort());
    isCalling = await run(proxy, setting, mood, parts);
    const isTicking = proxy.abiCalls.has("proxy_set_tick_period_milliseconds");
    if (isTicking) {
      const before = await proxy.waitFor(() => true);
      await new Promise((resolve) => setTimeout(resolve, idleMs));
      const after = await proxy.waitFor(() => true);
      for (const line of lines(after.logs.slice(before.logs.length))) background.add(uncounted(line));
      for (const call of after.calls.slice(before.calls.length)) background.add(uncounted(callText(call)));
    }
    const metrics = Object.entries(await proxy.metrics()).sort();
    parts.set("metrics", isTicking ? metrics.map(([name]) => name) : metrics);
    await proxy.close();
  } catch (error) {
    if (error instanceof ConfigurationRefused) parts.set("refused", lines(error.logs));
    else if (isCrash(error as Error)) parts.set("crashed", true);
    else throw error;
  }
  return { parts, background, isCalling };
}

/** Whether it has called a cluster. */
async function run(
  proxy: RunningProxy,
  { isTcp }: Setting,
  { patienceMs, requests }: Mood,
  parts: Map<string, unknown>,
): Promise<boolean> {
  if (isTcp) {
    const { received, end, upstream, logs, callbacks, failures } = await proxy.connect({ pieces: ["hello"] });
    const names = callbacks.map(({ name }) => name).filter((name) => !name.endsWith("_data"));
    const seen = { received: text(received), end, upstream: upstream && text(upstream), names, failures };
    for (const [name, value] of Object.entries({ ...seen, logs: lines(logs) })) parts.set(name, value);
    return false;
  }
  let isCalling = false;
  for (const [at, request] of requests.entries()) {
    const exchange = await proxy.send({ patienceMs, ...request });
    isCalling ||= exchange.calls.length > 0;
    for (const [name, value] of Object.entries(shown(exchange))) parts.set(`request ${at + 1}: ${name}`, value);
  }
  return isCalling;
}

function setUp(wasm: string, { configuration, vmId, rootId, http, grpc, isTcp }: Setting, mood: Mood): ProxyOptions {
  const name = basename(wasm, ".wasm");
  // Most SDKs look nothing up by root ID. They pause as Envoy does by default.
  const filter = { name, wasm, rootId, vmId, configuration, allowOnHeadersStopIteration: false };
  const clusters: Record<string, ClusterSpec> = {};
  for (const cluster of http) clusters[cluster] = mood.http;
  for (const cluster of grpc) clusters[cluster] = mood.grpc;
  return {
    filters: isTcp ? [] : [filter],
    ...(isTcp && { networkFilters: [filter] }),
    upstream: { status: 200, headers: [["x-up", "1"]], body: "upstream body" },
    clusters,
  };
}

const shown = ({ outcome, status, details, headers, body, trailers, upstream, ...heard }: Exchange) => ({
  ...{ outcome, status, details, headers, body: text(body), trailers, logs: lines(heard.logs) },
  upstream: upstream && { ...upstream, body: text(upstream.body) },
  // How the network cuts a body is not the module's doing.
  callbacks: heard.callbacks
    .filter(({ name }) => !name.endsWith("_body"))
    .map(({ name, result }) => `${name} = ${result ?? ""}`),
  failures: heard.failures,
  calls: heard.calls.map(callText),
});

const callText = ({ cluster, method, path, authority, headers, body, trailers, complete }: ClusterCall) =>
  JSON.stringify([cluster, method, path, authority, headers, text(body), trailers, complete]);

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** Times, addresses and random numbers are no two runs' the same. */
const lines = (logs: readonly LogLine[]): string[] =>
  logs.map(({ level, message }) => {
    const unvaried = message
      .replace(/(upstream-service-time\W+)\d+/g, "$1#")
      .replace(/\d{5,}|(?<=127\.0\.0\.1:)\d+/g, "#");
    return `${level} ${unvaried}`;
  });

/** A line that counts how often it was said is the same line each time. */
export const uncounted = (line: string): string => line.replace(/\d+/g, "#");

const isCrash = ({ name, message }: Error): boolean =>
  name === "EnvoyCrash" || /envoy was ended by SIG(SEGV|ABRT)/.test(message);
