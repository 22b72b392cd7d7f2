/**
 * Megabytes of garbage in each header that is parsed, and in each body that is read whole. Each is held against the same
 * bytes through a rule that allows all, bodies against the two fields, which hash them once: the work may be a multiple of that, but never more than in proportion to the bytes.
 */
import type { HeaderLine, ProxyRequest } from "@proxy-wasm-kit/testing";
import { Progress } from "../differential/report.ts";
import type { SetUp } from "../scenario.ts";
import { canonicalRequests, presetRequests } from "../scenarios/hmac-auth-random.ts";
import { header, withConfiguration } from "../scenarios/hmac-auth-set-up.ts";
import { type SoakRequest, setUps } from "./generate.ts";
import { Subject } from "./subject.ts";

const patterns = ["\u00ff", "v1=,", "t=1,v1=00,", "1", '"=;,\\', "(a b);", "%", "=&", "\u0000 ", "{[", ':"a",', " ,\t"];
/** How many times the time of a pass-through the slowest may take. */
const most = 10;

const passThrough = withConfiguration({ rules: [{ match: {}, action: "allow" }] });

export async function measureGarbage(megabytes: number, module: Uint8Array): Promise<string[]> {
  const size = megabytes << 20;
  const garbage = patterns.map((pattern) => pattern.repeat(Math.ceil(size / pattern.length)).slice(0, size));
  const problems: string[] = [];
  const ratios: number[] = [];
  const canonical = canonicalRequests.flatMap(([, requests]) => distinct(requests));
  const kinds = [
    [setUps.presets, presetRequests],
    [setUps.canonical, canonical],
  ] as const;
  const all = kinds.flatMap(([, requests]) => requests.flatMap(variants)).length * patterns.length;
  const progress = new Progress(all);
  for (const [setUp, requests] of kinds) {
    const plain = await Subject.start(passThrough, "http1", module);
    const hashing = await Subject.start(setUps["two fields"] as SetUp, "http1", module);
    const tried = await Subject.start(setUp as SetUp, "http1", module);
    // Once for each text: which header it is in makes no difference to who does not read it.
    const expected = new Map<string, number>();
    let memory = 0;
    for (const request of requests) {
      for (const [name, replaced] of variants(request)) {
        for (const [at, text] of garbage.entries()) {
          const changed = {
            request: replaced(text),
            setUp: "",
            pieces: bodyOf(replaced(text)),
            ending: "ends",
          } as const;
          const key = `${name === "body"} ${at}`;
          if (!expected.has(key)) {
            const answer = name === "body" ? await timed(hashing, hashed(changed)) : await timed(plain, changed);
            expected.set(key, Math.max(answer.ms, 1));
          }
          let ratio = Number.POSITIVE_INFINITY;
          let problem: string | null = null;
          // V8 compiles at the side, and collects garbage: only what is slow each time is slow.
          for (let tries = 0; tries < 5 && ratio > most && problem === null; ++tries) {
            const seen = await timed(tried, changed);
            ratio = Math.min(ratio, seen.ms / (expected.get(key) ?? 1));
            problem = seen.problem;
          }
          ratios.push(ratio);
          const where = `${request.path}: ${name}: ${JSON.stringify(patterns[at])}`;
          const found = problem ?? (ratio > most ? `${ratio.toFixed(1)} times the time of a pass-through` : null);
          if (found !== null) problems.push(`${where}: ${found}`);
          if (found !== null) console.error(problems.at(-1));
          progress.ran(problems.length);
        }
      }
      memory ||= tried.memoryBytes;
    }
    console.log(
      `${megabytes} MiB of garbage: ${memory} B of memory after one request's, ${tried.memoryBytes} B at the end`,
    );
    plain.close();
    hashing.close();
    tried.close();
  }
  progress.end();
  ratios.sort((a, b) => a - b);
  const shown = [0.5, 0.99, 1].map((part) => (ratios[Math.ceil(part * ratios.length) - 1] ?? Number.NaN).toFixed(2));
  console.log(
    `${all} requests in ${progress.seconds} s; times of a pass-through: median ${shown[0]}, 99 % ${shown[1]}, most ${shown[2]}`,
  );
  return problems;
}

/** One request for each set of header names. */
function distinct(requests: readonly ProxyRequest[]): ProxyRequest[] {
  const bySet = new Map<string, ProxyRequest>();
  for (const request of requests) {
    const names = (request.headers ?? []).map(([name]) => name).sort();
    bySet.set(`${request.path?.split("/")[1]} ${names.join(" ")}`, request);
  }
  return [...bySet.values()];
}

/** The request with each of its headers, or its body, replaced. */
function variants(request: ProxyRequest): [name: string, replaced: (text: string) => ProxyRequest][] {
  const headers = request.headers ?? [];
  return [
    ...headers.map(([name], at): [string, (text: string) => ProxyRequest] => [
      name,
      (text) => ({ ...request, headers: headers.map((line, i): HeaderLine => (i === at ? [name, text] : line)) }),
    ]),
    ["body", (text) => ({ ...request, body: Buffer.from(text.slice(0, 262_144), "latin1") })],
  ];
}

const bodyOf = ({ body }: ProxyRequest): Uint8Array[] =>
  body instanceof Uint8Array ? [body] : typeof body === "string" && body !== "" ? [Buffer.from(body)] : [];

/** The same body, for the scheme that hashes it once and refuses it. */
const hashed = (changed: SoakRequest): SoakRequest => ({
  ...changed,
  request: { ...changed.request, headers: [[header, "0".repeat(64)]] },
});

/** In time of the processor: the machine does other things too. */
async function timed(subject: Subject, request: Parameters<Subject["send"]>[0]) {
  const begin = process.cpuUsage();
  const answer = await subject.send(request);
  const { user, system } = process.cpuUsage(begin);
  return { ...answer, ms: (user + system) / 1000 };
}
