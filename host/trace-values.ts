/** What a call was given and gave back, read from the guest's memory and put into words. */
import {
  BufferKind,
  DataStatus,
  HeadersStatus,
  LogLevel,
  MapKind,
  MetricType,
  PeerType,
  Status,
  StreamType,
  TrailersStatus,
} from "./abi.ts";
import { type ByteString, concat, decode, toText } from "./byte-string.ts";
import type { GuestMemory } from "./memory.ts";
import { type Pair, parsePairs } from "./pairs.ts";
import { type GivenKind, parametersOf, type ResultKind, type Shape, type TakenKind } from "./shape.ts";
import type { Vm } from "./vm.ts";

/**
 * A number is a string of digits where a double would round it. Bytes are a string when they are text of at most 1024 bytes;
 * otherwise their number and how they begin, as text or in hex. Null: they are outside of memory, or not wanted.
 */
export type TraceValue =
  | string
  | number
  | boolean
  | null
  | readonly (readonly [name: string, value: string])[]
  | { readonly bytes: number; readonly text: string }
  | { readonly bytes: number; readonly hex: string };

/** By the names of the parameters. */
export type TraceValues = Readonly<Record<string, TraceValue>>;

type Numbers = readonly (number | bigint)[];

/** What the function takes, before it acts. */
export const takenValues = (vm: Vm, shape: Shape, values: Numbers): TraceValues =>
  Object.fromEntries(
    parametersOf(shape).takes.map(({ name, kind, at }) => [
      name,
      taken(vm, kind, values[at] ?? 0, Number(values[at + 1])),
    ]),
  );

/** What the function has given, when it was a success. */
export const givenValues = (vm: Vm, shape: Shape, values: Numbers): TraceValues =>
  Object.fromEntries(
    parametersOf(shape).gives.map(({ name, kind, at }) => [
      name,
      kind === "environment"
        ? maskedEnvironment(vm)
        : given(vm.memory, kind, Number(values[at]), Number(values[at + 1])),
    ]),
  );

const names: Partial<Record<TakenKind | GivenKind | ResultKind, Readonly<Record<string, number>>>> = {
  logLevel: LogLevel,
  mapKind: MapKind,
  bufferKind: BufferKind,
  streamType: StreamType,
  peerType: PeerType,
  metricType: MetricType,
  status: Status,
  headersStatus: HeadersStatus,
  dataStatus: DataStatus,
  filterStatus: TrailersStatus,
};

/** A number of the ABI by its name, as in `Status`; itself where it has none. */
export function named(kind: TakenKind | GivenKind | ResultKind, value: number): string | number | boolean {
  if (kind === "bool") return value !== 0;
  return Object.entries(names[kind] ?? {}).find(([, number]) => number === value)?.[0] ?? value;
}

function taken(vm: Vm, kind: TakenKind, value: number | bigint, size: number): TraceValue {
  if (typeof value === "bigint") return exact(value);
  if (kind === "metric") return toText(vm.metrics.get(value)?.name ?? String(value));
  if (kind === "vectors") return readVectors(vm.memory, value, size);
  if (kind === "text" || kind === "bytes" || kind === "pairs" || kind === "path") {
    return inMemory(kind, vm.memory.read(value, size));
  }
  return named(kind, value);
}

function given(memory: GuestMemory, kind: GivenKind, at: number, sizeAt: number): TraceValue {
  if (kind === "u64") {
    const bytes = memory.read(at, 8);
    return bytes === null ? null : exact(new DataView(bytes.buffer).getBigUint64(0, true));
  }
  if (at === 0 || sizeAt === 0) return null;
  const value = memory.readU32(at);
  if (value === null) return null;
  if (kind !== "text" && kind !== "bytes" && kind !== "pairs") return named(kind, value);
  const size = memory.readU32(sizeAt);
  return inMemory(kind, size === null ? null : memory.read(value, size));
}

function inMemory(kind: "text" | "bytes" | "pairs" | "path", bytes: Uint8Array | null): TraceValue {
  if (bytes === null) return null;
  if (kind === "pairs") return parsePairs(bytes).map(([name, value]: Pair) => [toText(name), toText(value)] as const);
  return kind === "path" ? decode(bytes).replace(/\0$/, "").replaceAll("\0", ".") : shown(bytes);
}

const shownBytes = 1024;
const shownHexBytes = 64;

/** See `TraceValue`. */
export function shown(bytes: Uint8Array): TraceValue {
  // A character may be cut at the end of what is shown.
  const text = decode(bytes.subarray(0, shownBytes)).replace(bytes.length > shownBytes ? /\uFFFD$/ : /$^/, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those that no text has
  const isText = !/[\x00-\x08\x0e-\x1a\x1c-\x1f\uFFFD]/.test(text);
  if (!isText) return { bytes: bytes.length, hex: hex(bytes.subarray(0, shownHexBytes)) };
  return bytes.length <= shownBytes ? text : { bytes: bytes.length, text };
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function readVectors(memory: GuestMemory, at: number, count: number): TraceValue {
  const parts: Uint8Array[] = [];
  for (let vector = at; vector < at + count * 8; vector += 8) {
    const [pointer, size] = [memory.readU32(vector), memory.readU32(vector + 4)];
    const part = pointer === null || size === null ? null : memory.read(pointer, size);
    if (part === null) return null;
    parts.push(part);
  }
  return shown(concat(parts));
}

/** Values are secrets more often than not. */
const maskedEnvironment = (vm: Vm): TraceValue =>
  Array.from(vm.options.environment.keys(), (name: ByteString) => [toText(name), "***"] as const);

const exact = (value: bigint): TraceValue =>
  BigInt(Number(value)) === value && Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
