/**
 * Runs modules of other SDKs on our own host and on the real Envoy with the same requests, and tells whether anybody could
 * see a difference: `npm run third-party -- folder/*.wasm`. Exit code 1 when somebody could.
 */
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import {
  type ClusterSpec,
  ConfigurationRefused,
  type Engine,
  type Exchange,
  envoyEngine,
  hostEngine,
  type LogLine,
  type ProxyOptions,
  type ProxyRequest,
} from "@proxy-wasm-kit/testing";
import { Command } from "commander";

const program = new Command("third-party")
  .description("Do these modules behave on our own host as they do on the real Envoy?")
  .argument("<modules...>", "paths of .wasm files")
  .option("--configuration <text>", "given to each of them", "")
  .option("--cluster <names...>", "clusters they call over HTTP", ["httpbin", "web_service"])
  .option("--grpc-cluster <names...>", "clusters they call over gRPC", ["grpcbin"])
  .option("--tcp", "they are network filters")
  .parse();
const options = program.opts<{
  configuration: string;
  cluster: string[];
  grpcCluster: string[];
  tcp?: true;
}>();

const requests: readonly ProxyRequest[] = [
  {
    path: "/headers?x=1",
    headers: [
      ["x-a", "1"],
      ["x-a", "2"],
      ["cookie", "a=b"],
    ],
  },
  { method: "POST", headers: [["content-type", "application/json"]], body: '{"id":"a","token":"b"}' },
  { method: "PUT", path: "/echo", body: ["he", "llo", " world"], trailers: [["x-t", "1"]] },
  { method: "POST", headers: [["buffer-operation", "replace"]], body: "[original body]" },
  { method: "HEAD", path: "/head" },
  { method: "POST", path: "/wrong", headers: [["content-type", "application/json"]], body: "{}" },
];

const setUp = (wasm: string): ProxyOptions => {
  const name = basename(wasm, ".wasm");
  // Other SDKs look nothing up by root ID, and pause as Envoy does by default.
  const filter = { name, wasm, rootId: "", configuration: options.configuration, allowOnHeadersStopIteration: false };
  const http: ClusterSpec = { http: { status: 200, headers: [["x-callout", "yes"]], body: "2" } };
  const grpc: ClusterSpec = { grpc: { messages: [Uint8Array.of(8, 2)] } };
  return {
    filters: options.tcp ? [] : [filter],
    ...(options.tcp && { networkFilters: [filter] }),
    upstream: { status: 200, headers: [["x-up", "1"]], body: "upstream body" },
    clusters: {
      ...Object.fromEntries(options.cluster.map((cluster) => [cluster, http])),
      ...Object.fromEntries(options.grpcCluster.map((cluster) => [cluster, grpc])),
    },
  };
};

/** By name of what is looked at. */
type Seen = Record<string, unknown>;

async function look(engine: Engine, wasm: string): Promise<Seen> {
  try {
    const proxy = await engine.start(setUp(wasm));
    const seen: Seen = { "logs at the start": texts(proxy.startLogs) };
    if (options.tcp) {
      const { received, end, upstream, logs, callbacks } = await proxy.connect({ pieces: ["hello"] });
      const names = callbacks.map(({ name }) => name).filter((name) => !name.endsWith("_data"));
      Object.assign(seen, { received: text(received), end, upstream: upstream && text(upstream), names });
      seen.logs = texts(logs);
    } else {
      for (const [at, request] of requests.entries()) {
        for (const [part, value] of Object.entries(shown(await proxy.send(request)))) {
          seen[`request ${at + 1}: ${part}`] = value;
        }
      }
    }
    await proxy.close();
    return seen;
  } catch (error) {
    if (error instanceof ConfigurationRefused) return { refused: texts(error.logs) };
    throw error;
  }
}

const shown = ({ outcome, status, details, headers, body, trailers, upstream, logs, callbacks }: Exchange): Seen => ({
  ...{ outcome, status, details, headers, body: text(body), trailers, logs: texts(logs) },
  upstream: upstream && { ...upstream, body: text(upstream.body) },
  // How the network cuts a body is not the module's doing.
  callbacks: callbacks
    .filter(({ name }) => !name.endsWith("_body"))
    .map(({ name, result }) => `${name} = ${result ?? ""}`),
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("latin1");

/** What is said, once each and without numbers: ticks and addresses differ from run to run. */
const texts = (logs: readonly LogLine[]) =>
  [...new Set(logs.map(({ level, message }) => `${level} ${message.replaceAll(/\d+/g, "#")}`))].sort();

const envoy = await envoyEngine();
for (const wasm of program.args) {
  const [host, real] = [await look(hostEngine, wasm), await look(envoy, wasm)];
  const different = [...new Set([...Object.keys(host), ...Object.keys(real)])].filter(
    (part) => !isDeepStrictEqual(host[part], real[part]),
  );
  process.stdout.write(`${different.length === 0 ? "same     " : "different"}  ${basename(wasm)}\n`);
  for (const part of different) {
    process.stdout.write(`  ${part}\n    host:  ${JSON.stringify(host[part])}\n`);
    process.stdout.write(`    envoy: ${JSON.stringify(real[part])}\n`);
  }
  if (different.length > 0) process.exitCode = 1;
}
