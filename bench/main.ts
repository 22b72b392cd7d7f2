/** `npm run bench`: measures what build.mjs has built, and prints it. Options: see `usage`. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { parseArgs } from "node:util";
import { findEnvoy } from "@proxy-wasm-kit/envoy";
import { measureAddedCpu } from "./added-cpu.ts";
import { guestNs, memoryOf } from "./guest.ts";
import { type Report, textOf } from "./report.ts";
import { variantsOf } from "./variants.ts";
import { passing, signed, type Workload } from "./workload.ts";
import { classified } from "./workload-attributes.ts";

const usage = `npm run bench -- [options]
  --filter NAME         hmac-auth, over the sizes of bodies; attribute-gen, with fifty conditions; default: noop and
                        add-header, over open streams
  --starts N            of every Envoy (5)
  --rounds N            for each start and number of open streams (5)
  --requests N          in a round (5000)
  --warm-up N           requests of each variant before the first round (30000)
  --open N,N            open streams, ascending (1,100,1000)
  --bodies N,N          bytes, with --filter hmac-auth (0,16,1024,65536,1048576)
  --memory-requests N   before memory is looked at (10000000)
  -o json               everything, in place of the tables`;

const { values } = parseArgs({
  options: {
    starts: { type: "string", default: "5" },
    rounds: { type: "string", default: "5" },
    requests: { type: "string", default: "5000" },
    "warm-up": { type: "string", default: "30000" },
    open: { type: "string", default: "1,100,1000" },
    filter: { type: "string" },
    bodies: { type: "string", default: "0,16,1024,65536,1048576" },
    "memory-requests": { type: "string", default: "10000000" },
    output: { type: "string", short: "o", default: "text" },
    help: { type: "boolean", short: "h" },
  },
});
const numbers = (list: string) => list.split(",").map(Number);
const openStreams = numbers(values.open);
const workloads: Readonly<Record<string, Workload>> = {
  "": passing(openStreams),
  "hmac-auth": signed(numbers(values.bodies)),
  "attribute-gen": classified,
};
const workload = workloads[values.filter ?? ""];
if (workload === undefined) {
  console.error(usage);
  process.exit(2);
}
if (values.help) {
  console.log(usage);
  process.exit();
}

const rounds = Number(values.rounds);
const variants = [...variantsOf("bench/dist/modules", workload.filters), ...workload.natives];
const load = () => loadavg()[0] ?? Number.NaN;
// Asked before this process is pinned to one.
const processors = availableParallelism();

const { binary, version } = await findEnvoy();
const loadBefore = load();
const addedCpu = await measureAddedCpu(variants, workload, {
  ...{ binary, rounds },
  starts: Number(values.starts),
  requests: Number(values.requests),
  warmUp: Number(values["warm-up"]),
});
const loadAfter = load();
// Alone, a module is driven through the callbacks of requests without a body.
const aloneAt = values.filter === undefined ? openStreams : [];
const guest = aloneAt.flatMap((open) =>
  variants.map((variant) => {
    const { filter, sdk } = variant;
    return { filter, sdk, openStreams: open, ns: guestNs(variant, open, rounds) };
  }),
);
const requests = Number(values["memory-requests"]);
const memory = variants
  .filter(({ filter }) => filter === "add-header")
  .map((variant) => ({ filter: variant.filter, sdk: variant.sdk, requests, ...memoryOf(variant, requests) }));

const report: Report = {
  machine: {
    date: new Date().toISOString(),
    envoy: version,
    node: process.versions.node,
    processor: cpus()[0]?.model.trim() ?? "unknown",
    processors,
    loadAverages: [loadBefore, loadAfter],
  },
  ...{ addedCpu, guest, memory },
};
console.log(values.output === "json" ? JSON.stringify(report, null, 2) : textOf(report));
