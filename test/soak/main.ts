/** `npm run soak`: as many random requests as one likes through hmac-auth on our own host; see README.md. */
import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { Progress } from "../differential/report.ts";
import { randomOf } from "../scenarios/hmac-auth-random.ts";
import { measureGarbage } from "./garbage.ts";
import { generate, setUps } from "./generate.ts";
import { Subject } from "./subject.ts";

const usage = `npm run soak -- [options]
  --requests <n>   how many (default 100000)
  --seed <n>       what they are made from (default 1); the same seed makes the same requests
  --megabytes <n>  of garbage in each parsed header; 0 leaves that out (default 10)
  --module <file>  (default dist/hmac-auth.wasm)`;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seed: { type: "string", default: "1" },
    megabytes: { type: "string", default: "10" },
    module: { type: "string", default: "dist/hmac-auth.wasm" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** The part of the requests after which memory must be settled; they are larger more often, so that every kind has come. */
const warmUp = 0.2;
/**
 * What memory may still grow by. At its most it is what is in use, as much garbage, and what one callback makes; whether the
 * request that makes most comes when there is most garbage is chance, so that memory may grow by what that one makes, once:
 * the lines of the headers, and where a body is read whole, two copies of the largest.
 */
const largest = (name: string) => (/^(presets|canonical)/.test(name) ? 2 * 262_144 : 65_536);

async function soak(requests: number, seed: number, module: Uint8Array): Promise<string[]> {
  const random = randomOf(seed);
  const subjects = new Map<string, Subject>();
  for (const [name, setUp] of Object.entries(setUps)) {
    for (const protocol of ["http1", "http2"] as const) {
      subjects.set(`${name}, ${protocol}`, await Subject.start(setUp, protocol, module));
    }
  }
  const outcomes = new Map<string, number>();
  const problems: string[] = [];
  const memory = () => new Map(Array.from(subjects, ([name, subject]) => [name, subject.memoryBytes]));
  const settled = Math.floor(requests * warmUp);
  let before = memory();
  const progress = new Progress(requests);
  for (let run = 0; run < requests && problems.length < 10; ++run) {
    if (run === settled) before = memory();
    const request = generate(random, run < settled ? 2 : 30);
    const name = `${request.setUp}, ${random(2) === 0 ? "http1" : "http2"}`;
    const { outcome, problem } = (await subjects.get(name)?.send(request)) ?? { outcome: "", problem: "no subject" };
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (problem !== null) {
      problems.push(`request ${run} (${name}): ${problem}: ${JSON.stringify(request).slice(0, 2000)}`);
      console.error(problems.at(-1));
    }
    progress.ran(problems.length);
  }
  progress.end();
  for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a)) console.log(`${count}\t${outcome}`);
  for (const [name, bytes] of memory()) {
    const was = before.get(name) ?? 0;
    console.log(`${name}: ${was} B of memory after ${settled} requests, ${bytes} B at the end`);
    if (bytes - was > largest(name)) {
      problems.push(`${name}: memory has grown by ${bytes - was} B`);
      console.error(problems.at(-1));
    }
  }
  for (const subject of subjects.values()) subject.close();
  console.log(`${progress.runs} requests in ${progress.seconds} s`);
  return problems;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const module = await readFile(values.module);
  const megabytes = Number(values.megabytes);
  const problems = [
    ...(megabytes === 0 ? [] : await measureGarbage(megabytes, module)),
    ...(await soak(Number(values.requests), Number(values.seed), module)),
  ];
  console.log(
    problems.length === 0 ? "no trap, memory is flat, every request answered" : `${problems.length} problems`,
  );
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
