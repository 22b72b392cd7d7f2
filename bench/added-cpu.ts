/** Envoy's processor time for a request, above the bare proxy's: all Envoys up at once, visited in turns. */

import { availableParallelism } from "node:os";
import { pin, Subject } from "./subject.ts";
import { bare, type Variant } from "./variants.ts";
import type { Condition, Workload } from "./workload.ts";

/** Asked before this process is pinned to one. */
const processors = availableParallelism();

export interface Settings {
  /** Path of Envoy. */
  readonly binary: string;
  /** How often all Envoys are started anew: one process of a program can be quicker than the next for as long as it lives. */
  readonly starts: number;
  /** For each start and condition. */
  readonly rounds: number;
  /** In each round, of each variant; fewer with large bodies. */
  readonly requests: number;
  /** Of each variant before the first round: V8 compiles for good what has run often. */
  readonly warmUp: number;
}

/** One variant under one condition. In nanoseconds for each request, in the order of the rounds. */
export interface Sample extends Condition {
  readonly variant: Variant;
  readonly cpuNs: readonly number[];
  /** Above the bare proxy in the same round. */
  readonly addedNs: readonly number[];
}

/** The bare proxy comes first in each group. */
export async function measureAddedCpu(
  variants: readonly Variant[],
  workload: Workload,
  settings: Settings,
): Promise<Sample[]> {
  const runs: Sample[][] = [];
  while (runs.length < settings.starts) runs.push(await measureOnce(variants, workload, settings));
  const [first = []] = runs;
  return first.map((sample, at) => ({
    ...sample,
    cpuNs: runs.flatMap((run) => run[at]?.cpuNs ?? []),
    addedNs: runs.flatMap((run) => run[at]?.addedNs ?? []),
  }));
}

async function measureOnce(variants: readonly Variant[], workload: Workload, settings: Settings): Promise<Sample[]> {
  const subjects: Subject[] = [];
  try {
    for (const variant of [bare, ...variants]) subjects.push(await Subject.start(settings.binary, variant, workload));
    separate(subjects);
    // With every size: what refuses an empty body has not run the code that verifies one.
    for (const bodyBytes of new Set(workload.conditions.map((each) => each.bodyBytes))) {
      for (const subject of subjects) await subject.measure(requestsFor(bodyBytes, settings.warmUp), bodyBytes);
    }
    const samples: Sample[] = [];
    for (const condition of workload.conditions) {
      for (const subject of subjects) await subject.hold(condition.openStreams - 1);
      samples.push(...(await samplesOf(subjects, condition, settings)));
    }
    return samples;
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

async function samplesOf(subjects: readonly Subject[], condition: Condition, settings: Settings): Promise<Sample[]> {
  const { bodyBytes } = condition;
  const requests = requestsFor(bodyBytes, settings.requests);
  const times = new Map(subjects.map((subject) => [subject, [] as number[]]));
  for (let round = 0; round < settings.rounds; ++round) {
    for (const subject of shuffled(subjects)) times.get(subject)?.push(await subject.measure(requests, bodyBytes));
  }
  const [bareTimes = []] = times.values();
  return [...times].map(([{ variant }, cpuNs]) => ({
    ...condition,
    ...{ variant, cpuNs },
    addedNs: cpuNs.map((time, round) => time - (bareTimes[round] ?? Number.NaN)),
  }));
}

/** A round of large bodies takes no longer than one of small ones. */
const requestsFor = (bodyBytes: number, requests: number) => Math.ceil(requests / (1 + bodyBytes / 8192));

/** All Envoys on the last processor and this process, which makes the load, on the first; only one Envoy works at a time. */
function separate(subjects: readonly Subject[]): void {
  if (processors < 2) return;
  pin(process.pid, 0);
  for (const subject of subjects) subject.pin(processors - 1);
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, key: Math.random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}
