/** Everything that was measured, as objects (`-o json`) and as text. */
import type { Sample } from "./added-cpu.ts";
import { median, minimum } from "./statistics.ts";
import { table } from "./table.ts";
import { bare } from "./variants.ts";

export interface Report {
  readonly machine: Machine;
  readonly addedCpu: readonly Sample[];
  readonly guest: readonly GuestTime[];
  readonly memory: readonly GuestMemory[];
}

export interface Machine {
  /** Such as "2026-01-31T12:00:00.000Z". */
  readonly date: string;
  readonly envoy: string;
  readonly node: string;
  readonly processor: string;
  readonly processors: number;
  /** Of the last minute, before and after measuring. */
  readonly loadAverages: readonly number[];
}

/** Of a module alone. */
export interface GuestTime {
  readonly filter: string;
  readonly sdk: string;
  readonly openStreams: number;
  /** For each request, in the order of the rounds. */
  readonly ns: readonly number[];
}

/** Bytes of linear memory of a module alone. */
export interface GuestMemory {
  readonly filter: string;
  readonly sdk: string;
  readonly requests: number;
  readonly begin: number;
  readonly end: number;
}

/** What ratios compare to: the first that there is. */
const references = ["rust", "lua"];

export const textOf = ({ machine, addedCpu, guest, memory }: Report): string =>
  [
    `${machine.date.slice(0, 10)}, envoy ${machine.envoy}, node ${machine.node}, ` +
      `${machine.processors} x ${machine.processor}, ` +
      `load average ${machine.loadAverages.map((each) => each.toFixed(1)).join(" to ")}`,
    "Envoy's CPU for a request above the bare proxy's, in microseconds",
    table([cpuHead, ...addedCpu.map((sample) => cpuRow(sample, addedCpu))]),
    ...(guest.length === 0 ? [] : guestText(guest, memory)),
  ].join("\n\n");

const guestText = (guest: readonly GuestTime[], memory: readonly GuestMemory[]): string[] => [
  "The module alone: nanoseconds for a request",
  table([guestHead, ...guest.map((time) => guestRow(time, guest))]),
  "The module alone: bytes of linear memory",
  table([
    ["filter", "sdk", "at first", "after", "requests"],
    ...memory.map(({ filter, sdk, begin, end, requests }) => [filter, sdk, ...[begin, end, requests].map(digits)]),
  ]),
];

const cpuHead = ["filter", "body", "open streams", "sdk", "added", "by minima", "to peer", "CPU", "minimum"];

/** Added: the median over rounds of the difference to the bare proxy in the same round. */
function cpuRow(sample: Sample, all: readonly Sample[]): string[] {
  const { variant, openStreams, bodyBytes, cpuNs, addedNs } = sample;
  const peer = (filter: string, sdk: string) =>
    all.find(
      (other) =>
        other.openStreams === openStreams &&
        other.bodyBytes === bodyBytes &&
        other.variant.filter === filter &&
        other.variant.sdk === sdk,
    );
  const floor = minimum(peer(bare.filter, bare.sdk)?.cpuNs ?? []);
  const added = median(addedNs);
  const cells =
    variant === bare
      ? ["", "", ""]
      : [
          micros(added),
          micros(minimum(cpuNs) - floor),
          (
            added /
            median(
              references.map((sdk) => peer(variant.filter, sdk)).find((found) => found !== undefined)?.addedNs ?? [],
            )
          ).toFixed(2),
        ];
  const what = [variant.filter, digits(bodyBytes), `${openStreams}`, variant.sdk];
  return [...what, ...cells, micros(median(cpuNs)), micros(minimum(cpuNs))];
}

const guestHead = ["filter", "open streams", "sdk", "median", "minimum", "to peer"];

function guestRow({ filter, sdk, openStreams, ns }: GuestTime, all: readonly GuestTime[]): string[] {
  const rust = all.find(
    (other) => other.filter === filter && other.openStreams === openStreams && other.sdk === references[0],
  );
  const ratio = median(ns) / median(rust?.ns ?? []);
  return [filter, `${openStreams}`, sdk, median(ns).toFixed(0), minimum(ns).toFixed(0), ratio.toFixed(2)];
}

const micros = (ns: number): string => (ns / 1000).toFixed(1);
const digits = (value: number): string => value.toLocaleString("en-US");
