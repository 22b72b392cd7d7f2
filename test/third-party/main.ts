/**
 * Runs modules of other SDKs on our own host and on the real Envoy with the same requests, and tells whether anybody could
 * see a difference: `npm run third-party -- folder/*.wasm`. Exit code 1 when somebody could.
 */
import { basename } from "node:path";
import { type Engine, envoyEngine, hostEngine } from "@proxy-wasm-kit/testing";
import { Command } from "commander";
import { type Look, look, type Setting, uncounted } from "./look.ts";
import { type Mood, moods } from "./requests.ts";

const program = new Command("third-party")
  .description("Do these modules behave on our own host as they do on the real Envoy?")
  .argument("<modules...>", "paths of .wasm files")
  .option("--configuration <text>", "given to each of them", "")
  .option("--vm-id <id>", "of each of them", "")
  .option("--root-id <id>", "of each of them", "")
  .option("--cluster <names...>", "clusters they call over HTTP", ["httpbin", "web_service"])
  .option("--grpc-cluster <names...>", "clusters they call over gRPC", ["grpcbin"])
  .option("--tcp", "they are network filters")
  .parse();
const options = program.opts<{
  configuration: string;
  vmId: string;
  rootId: string;
  cluster: string[];
  grpcCluster: string[];
  tcp?: true;
}>();
const { configuration, vmId, rootId, cluster: http, grpcCluster: grpc, tcp: isTcp = false } = options;
const setting: Setting = { configuration, vmId, rootId, http, grpc, isTcp };

/** Tries of a module that throws dice, until host and Envoy have thrown the same. */
const tries = 6;

interface Difference {
  readonly part: string;
  readonly host: unknown;
  readonly envoy: unknown;
}

interface Comparison {
  readonly differences: readonly Difference[];
  /** Parts that differ from one run to the next on the same engine. */
  readonly varying: readonly string[];
  readonly isCalling: boolean;
}

/** A difference is one that no run on Envoy shares with any on the host. */
async function compare(envoy: Engine, wasm: string, mood: Mood): Promise<Comparison> {
  const [hosts, envoys] = [await looks(hostEngine, wasm, mood, 1), await looks(envoy, wasm, mood, 1)];
  const first = differencesOf(hosts, envoys);
  if (first.length > 0) {
    hosts.push(...(await looks(hostEngine, wasm, mood, 2)));
    const isVaried = first.some(({ part }) => valuesOf(hosts, part, envoys).size > 1);
    // What is always the same on the host may still be a matter of chance on Envoy: one more look tells.
    envoys.push(...(await looks(envoy, wasm, mood, isVaried ? tries - 1 : 1)));
    if (isVaried) hosts.push(...(await looks(hostEngine, wasm, mood, tries - 3)));
  }
  const differences = differencesOf(hosts, envoys);
  const isDifferent = new Set(differences.map(({ part }) => part));
  const varying = first.map(({ part }) => part).filter((part) => !isDifferent.has(part));
  return { differences, varying, isCalling: hosts.some(({ isCalling }) => isCalling) };
}

async function looks(engine: Engine, wasm: string, mood: Mood, count: number): Promise<Look[]> {
  const all: Look[] = [];
  while (all.length < count) all.push(await look(engine, wasm, setting, mood));
  return all;
}

function differencesOf(hosts: readonly Look[], envoys: readonly Look[]): Difference[] {
  const parts = new Set([...hosts, ...envoys].flatMap(({ parts }) => [...parts.keys()]));
  return [...parts].flatMap((part) => {
    const [onHost, onEnvoy] = [valuesOf(hosts, part, envoys), valuesOf(envoys, part, hosts)];
    if ([...onHost].some((value) => onEnvoy.has(value))) return [];
    return [{ part, host: [...onHost].join(" or "), envoy: [...onEnvoy].join(" or ") }];
  });
}

/** What a part was in any of these looks, without what any look has seen in the background. */
function valuesOf(looks: readonly Look[], part: string, others: readonly Look[]): Set<string> {
  const background = new Set([...looks, ...others].flatMap(({ background }) => [...background]));
  const foreground = (value: unknown) =>
    /(logs|calls|logs at the start)$/.test(part)
      ? (value as string[] | undefined)?.filter((line) => !background.has(uncounted(line)))
      : value;
  return new Set(looks.map(({ parts }) => JSON.stringify(foreground(parts.get(part))) ?? "nothing"));
}

function print(name: string, { differences, varying }: Comparison): void {
  process.stdout.write(`${differences.length === 0 ? "same     " : "different"}  ${name}\n`);
  if (varying.length > 0) process.stdout.write(`  varies, on both alike: ${varying.join(", ")}\n`);
  for (const { part, host, envoy } of differences) {
    process.stdout.write(`  ${part}\n    host:  ${host}\n    envoy: ${envoy}\n`);
  }
  if (differences.length > 0) process.exitCode = 1;
}

const envoy = await envoyEngine();
for (const wasm of program.args) {
  const [first, ...others] = moods;
  if (first === undefined) break;
  const comparison = await compare(envoy, wasm, first);
  print(basename(wasm), comparison);
  // One that calls nobody does the same whatever nobody answers.
  for (const mood of comparison.isCalling ? others : []) {
    print(`${basename(wasm)}, ${mood.name}`, await compare(envoy, wasm, mood));
  }
}
