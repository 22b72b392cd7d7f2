/** What the counters of an instrumented module have counted (sdk/transform/coverage.ts), in Istanbul's coverage format. */
import { decode } from "./byte-string.ts";

interface Place {
  /** Lines from 1, columns from 0. */
  readonly start: { readonly line: number; readonly column: number };
  readonly end: { readonly line: number; readonly column: number };
}

/** `s` and `f` are counts by the keys of `statementMap` and `fnMap`; branches are not counted. */
export interface FileCoverage {
  readonly path: string;
  readonly statementMap: Readonly<Record<string, Place>>;
  readonly fnMap: Readonly<
    Record<string, { readonly name: string; readonly decl: Place; readonly loc: Place; readonly line: number }>
  >;
  readonly branchMap: Readonly<Record<string, never>>;
  readonly s: Readonly<Record<string, number>>;
  readonly f: Readonly<Record<string, number>>;
  readonly b: Readonly<Record<string, never>>;
}

/** By path. */
export type Coverage = Readonly<Record<string, FileCoverage>>;

const sectionName = "proxy-wasm-kit.coverage";
const countersName = "__proxy_wasm_kit_counters";

export class Counters {
  /** `s` and `f` have indices of counters here. */
  readonly #files: readonly FileCoverage[];
  readonly #totals: number[];
  readonly #guests: { readonly memory: WebAssembly.Memory; readonly address: number }[] = [];

  private constructor(files: readonly FileCoverage[]) {
    this.#files = files;
    const indices = files.flatMap(({ s, f }) => [...Object.values(s), ...Object.values(f)]);
    this.#totals = Array(indices.length).fill(0);
  }

  /** Null for a module that does not count. */
  static of(module: WebAssembly.Module): Counters | null {
    const [section] = WebAssembly.Module.customSections(module, sectionName);
    return section === undefined ? null : new Counters(JSON.parse(decode(new Uint8Array(section))));
  }

  /** Counts what an instance does, from its start. */
  watch(exports: WebAssembly.Exports, memory: WebAssembly.Memory | null): void {
    const address = exports[countersName];
    if (memory !== null && address instanceof WebAssembly.Global) this.#guests.push({ memory, address: address.value });
  }

  /** Takes over what the instances have counted, and lets them begin at 0. */
  collect(): void {
    for (const { memory, address } of this.#guests) {
      const counters = new Uint32Array(memory.buffer, address, this.#totals.length);
      for (const [at, count] of counters.entries()) this.#totals[at] = (this.#totals[at] ?? 0) + count;
      counters.fill(0);
    }
  }

  /** Of all instances so far. */
  coverage(): Coverage {
    this.collect();
    const counts = (indices: Readonly<Record<string, number>>) =>
      Object.fromEntries(Object.entries(indices).map(([key, index]) => [key, this.#totals[index] ?? 0]));
    return Object.fromEntries(
      this.#files.map((file) => [file.path, { ...file, s: counts(file.s), f: counts(file.f) }]),
    );
  }
}
