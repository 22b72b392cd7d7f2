/** Envoy's processor time for a request, above the bare proxy's: all Envoys up at once, visited in turns. */

import { availableParallelism } from "node:os";
import { pin, Subject } from "./subject.ts";
import { bare, type Variant } from "./variants.ts";

/** Asked before this process is pinned to one. */
const processors = availableParallelism();

export interface Settings {
  /** Path of Envoy. */
  readonly binary: string;
  /** How many streams are open, that of the measured request among them. Ascending. */
  readonly openStreams: readonly number[];
  /** How often all Envoys are started anew: one process of a program can be quicker than the next for as long as it lives. */
  readonly starts: number;
  /** For each start and number of open streams. */
  readonly rounds: number;
  /** In each round, of each variant. */
  readonly requests: number;
  /** Of each variant before the first round: V8 compiles for good what has run often. */
  readonly warmUp: number;
}

/** One variant with one number of open streams. In nanoseconds for each request, in the order of the rounds. */
export interface Sample {
  readonly variant: Variant;
  readonly openStreams: number;
  readonly cpuNs: readonly number[];
  /** Above the bare proxy in the same round. */
  readonly addedNs: readonly number[];
}

/** The bare proxy comes first in each group. */
export async function measureAddedCpu(variants: readonly Variant[], settings: Settings): Promise<Sample[]> {
  const runs: Sample[][] = [];
  while (runs.length < settings.starts) runs.push(await measureOnce(variants, settings));
  const [first = []] = runs;
  return first.map((sample, at) => ({
    ...sample,
    cpuNs: runs.flatMap((run) => run[at]?.cpuNs ?? []),
    addedNs: runs.flatMap((run) => run[at]?.addedNs ?? []),
  }));
}

async function measureOnce(variants: readonly Variant[], settings: Settings): Promise<Sample[]> {
  const subjects: Subject[] = [];
  try {
    for (const variant of [bare, ...variants]) subjects.push(await Subject.start(settings.binary, variant));
    separate(subjects);
    for (const subject of subjects) await subject.measure(settings.warmUp);
    const samples: Sample[] = [];
    for (const openStreams of settings.openStreams) {
      for (const subject of subjects) await subject.hold(openStreams - 1);
      samples.push(...(await samplesOf(subjects, openStreams, settings)));
    }
    return samples;
  } finally {
    await Promise.all(subjects.map((subject) => subject.stop()));
  }
}

async function samplesOf(subjects: readonly Subject[], openStreams: number, settings: Settings): Promise<Sample[]> {
  const times = new Map(subjects.map((subject) => [subject, [] as number[]]));
  for (let round = 0; round < settings.rounds; ++round) {
    for (const subject of shuffled(subjects)) times.get(subject)?.push(await subject.measure(settings.requests));
  }
  const [bareTimes = []] = times.values();
  return [...times].map(([{ variant }, cpuNs]) => ({
    ...{ variant, openStreams, cpuNs },
    addedNs: cpuNs.map((time, round) => time - (bareTimes[round] ?? Number.NaN)),
  }));
}

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
