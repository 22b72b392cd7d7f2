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

/** From this request on memory must not grow: those before it are larger more often, so that every kind has come. */
const settled = 20_000;

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
  let before = memory();
  const progress = new Progress(requests);
  for (let run = 0; run < requests && problems.length < 10; ++run) {
    if (run === settled) before = memory();
    const request = generate(random, run < settled ? 2 : 30);
    const name = `${request.setUp}, ${random(2) === 0 ? "http1" : "http2"}`;
    const { outcome, problem } = (await subjects.get(name)?.send(request)) ?? { outcome: "", problem: "no subject" };
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    if (problem !== null)
      problems.push(`request ${run} (${name}): ${problem}: ${JSON.stringify(request).slice(0, 2000)}`);
    progress.ran(problems.length);
  }
  progress.end();
  for (const [outcome, count] of [...outcomes].sort(([, a], [, b]) => b - a)) console.log(`${count}\t${outcome}`);
  for (const [name, bytes] of memory()) {
    const was = before.get(name) ?? 0;
    console.log(`${name}: ${was} B of memory after ${Math.min(settled, requests)} requests, ${bytes} B at the end`);
    if (bytes > was && requests > settled) problems.push(`${name}: memory has grown by ${bytes - was} B`);
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
  for (const problem of problems) console.error(problem);
  console.log(problems.length === 0 ? "no trap, no growth, every request answered" : `${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();
