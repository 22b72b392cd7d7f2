/**
 * What the functions of the ABI take and give, parameter by parameter. Their WebAssembly types follow from it, and so does
 * what a trace shows of a call.
 */
import type { Signature } from "./signature.ts";

/** How each kind of parameter is passed; letters as in `signature.ts`. Two are an address and a size. */
const passed = {
  u32: "i",
  i64: "I",
  bool: "i",
  logLevel: "i",
  mapKind: "i",
  bufferKind: "i",
  streamType: "i",
  peerType: "i",
  metricType: "i",
  /** The id of a metric of this VM. */
  metric: "i",
  text: "ii",
  bytes: "ii",
  pairs: "ii",
  /** Segments separated by NUL. */
  path: "ii",
  /** An array of WASI's `ciovec`; its address and length. */
  vectors: "ii",
} as const;
export type TakenKind = keyof typeof passed;

/** Addresses for what is given: of the value, or of its address and size. */
const given = {
  u32: "i",
  u64: "i",
  logLevel: "i",
  text: "ii",
  bytes: "ii",
  pairs: "ii",
  /** `NAME=value` and NUL for each variable; addresses of the table and of its bytes. */
  environment: "ii",
} as const;
export type GivenKind = keyof typeof given;

/** All are an i32, but for `none`. */
export type ResultKind = "status" | "errno" | "bool" | "u32" | "headersStatus" | "dataStatus" | "filterStatus" | "none";

/** Parameters by name, in their order: what is taken comes before what is given. */
export interface Shape {
  readonly takes?: Readonly<Record<string, TakenKind>>;
  readonly gives?: Readonly<Record<string, GivenKind>>;
  readonly result: ResultKind;
}

/** One parameter, with the place of its first value among those that are passed. */
export interface Parameter<Kind> {
  readonly name: string;
  readonly kind: Kind;
  readonly at: number;
}

export interface Parameters {
  readonly takes: readonly Parameter<TakenKind>[];
  readonly gives: readonly Parameter<GivenKind>[];
}

export function parametersOf({ takes = {}, gives = {} }: Shape): Parameters {
  let at = 0;
  const place = <Kind extends string>(kinds: Readonly<Record<string, Kind>>, letters: Readonly<Record<Kind, string>>) =>
    Object.entries(kinds).map(([name, kind]) => {
      const parameter = { name, kind, at };
      at += letters[kind].length;
      return parameter;
    });
  return { takes: place(takes, passed), gives: place(gives, given) };
}

export function signatureOf({ takes = {}, gives = {}, result }: Shape): Signature {
  const letters = [
    ...Object.values(takes).map((kind) => passed[kind]),
    ...Object.values(gives).map((kind) => given[kind]),
  ];
  return `${letters.join("")}${result === "none" ? "" : ":i"}`;
}
