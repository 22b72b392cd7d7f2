/** `pwk bench`: what a request costs in the filter and the host, without Envoy and without a network. */
import { basename } from "node:path";
import { Host, LoadError, LogLevel, loadModule, PluginRefused } from "@proxy-wasm-kit/host";
import { Command } from "commander";
import { readConfiguration } from "../configuration.ts";
import { Failure } from "../failure.ts";
import { collect, count, headerLine, method, parseTarget, readBytes, readData, type Target } from "../input.ts";
import { bytes, type OutputFormat, outputOption, print } from "../print.ts";

interface BenchOptions {
  readonly requests: number;
  readonly config?: string;
  readonly rootId?: string;
  readonly request?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly dataBinary?: string;
  readonly output: OutputFormat;
}

interface Measurement {
  readonly module: string;
  readonly engine: string;
  readonly requests: number;
  /** How many requests were answered with each status; 0: without response. */
  readonly statuses: Readonly<Record<number, number>>;
  readonly seconds: number;
  readonly requestsPerSecond: number;
  readonly nsPerRequest: number;
  /** The guest's, behind the last request. */
  readonly memoryBytes: number;
  /** From the first request that is counted to the last. */
  readonly memoryGrowthBytes: number;
}

/** Until V8 has compiled what runs. */
const warmUp = 2000;

export const bench = (): Command =>
  new Command("bench")
    .description("Send many equal requests through a filter on the host; show time and memory of each.")
    .argument("<module>", "the filter, a .wasm file")
    .argument("[url]", "URL or path of the requests", parseTarget, parseTarget("http://example.com/"))
    .option("-n, --requests <count>", "how many requests", count, 100_000)
    .option("--config <file>", "the filter's configuration, YAML or JSON (- reads standard input)")
    .option("--root-id <id>", "root ID (default: the module's name)")
    .option("-X, --request <method>", "method (default: GET, or POST with a body)", method)
    .option("-H, --header <line>", '"name: value"; order and repeats are kept', collect(headerLine))
    .option("--data-binary <data>", "body: text, or @file for the bytes of a file (@- standard input)")
    .addOption(outputOption())
    .addHelpText("after", "\nExample:\n  pwk bench dist/hmac-auth.wasm --config config.yaml --data-binary @body.json")
    .action(async (module: string, target: Target, options: BenchOptions) => {
      print(options.output, await measure(module, target, options), asText);
    });

async function measure(module: string, target: Target, options: BenchOptions): Promise<Measurement> {
  const { dataBinary, requests } = options;
  const host = await start(module, options);
  const body = dataBinary === undefined ? "" : await readData("--data-binary", dataBinary);
  const verb = options.request ?? (dataBinary === undefined ? "GET" : "POST");
  const head = { ...target, method: verb, headers: options.header ?? [] };
  for (let left = Math.min(warmUp, requests); left > 0; left--) await host.send(head, body);
  const statuses: Record<number, number> = {};
  const memoryBefore = host.guestMemoryBytes();
  const begin = performance.now();
  for (let left = requests; left > 0; left--) {
    const { status } = await host.send(head, body);
    statuses[status] = (statuses[status] ?? 0) + 1;
  }
  const seconds = (performance.now() - begin) / 1000;
  const memoryBytes = host.guestMemoryBytes();
  host.close();
  return {
    module,
    engine: `host (V8 ${process.versions.v8})`,
    requests,
    statuses,
    seconds,
    requestsPerSecond: Math.round(requests / seconds),
    nsPerRequest: Math.round((seconds / requests) * 1e9),
    memoryBytes,
    memoryGrowthBytes: memoryBytes - memoryBefore,
  };
}

async function start(module: string, { config, rootId }: BenchOptions): Promise<Host> {
  const content = await readBytes("module", module);
  const configuration = config === undefined ? "" : await readConfiguration(config);
  const name = basename(module, ".wasm");
  const said: string[] = [];
  try {
    return await Host.start({
      plugins: [
        {
          name,
          module: await loadModule(content),
          rootId: rootId ?? name,
          configuration,
          allowOnHeadersStopIteration: true,
        },
      ],
      upstream: async () => ({ status: 200, body: "ok\n" }),
      logLevel: LogLevel.Error,
      onLog: ({ message }) => said.push(message),
    });
  } catch (error) {
    if (!(error instanceof PluginRefused || error instanceof LoadError)) throw error;
    throw new Failure([`${module}: ${error.message}`, ...new Set(said)].join("\n"));
  }
}

function asText(result: Measurement): string {
  const number = (value: number) => value.toLocaleString("en-US");
  const statuses = Object.entries(result.statuses).map(([status, times]) => `${number(times)} x ${status}`);
  return [
    `${number(result.requests)} requests through ${result.module} by ${result.engine}: ${statuses.join(", ")}`,
    `${number(result.requestsPerSecond)} requests/s, ${number(result.nsPerRequest)} ns each`,
    `guest memory ${bytes(result.memoryBytes)}, grown by ${bytes(result.memoryGrowthBytes)}`,
  ].join("\n");
}
