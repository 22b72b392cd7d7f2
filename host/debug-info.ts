/**
 * Where in the source a guest failed. Function names are those of the name section; files and lines come from a source map
 * inside the module (`sourceMappingURL` with a `data:` URL), as `pwk build` puts it there.
 */
import { decodedMappings, TraceMap } from "@jridgewell/trace-mapping";
import { bytesOf, concat, decode, encode } from "./byte-string.ts";
import type { ModuleTypes } from "./signature.ts";
import { leb128, Reader, Section, sectionsOf } from "./wasm-binary.ts";

const urlSection = "sourceMappingURL";
/** Of the name section (WebAssembly core specification 2.0, appendix "Custom Sections"). */
const functionNamesSubsection = 1;

export class DebugInfo {
  readonly #names: ReadonlyMap<number, string>;
  readonly #map: TraceMap | null;
  /** Where each function's code begins, those that are imported left out. */
  readonly #starts: readonly number[];
  readonly #importedFunctions: number;
  readonly #addedBytes: number;

  /** `addedBytes`: how much was added before the code of the module that runs. */
  constructor(bytes: Uint8Array, { imports }: ModuleTypes, addedBytes: number) {
    this.#starts = functionStarts(bytes);
    this.#importedFunctions = imports.length;
    this.#names = functionNames(bytes);
    this.#map = readSourceMap(bytes);
    this.#addedBytes = addedBytes;
  }

  /**
   * The frames of a trap, innermost first, after a line break; "" for a module without names, as in Envoy, whose lines
   * end before the place in parentheses: `  0:  0x1a2b - assembly/index/Auth#check (assembly/index.ts:12:5)`.
   * Source: proxy-wasm-cpp-host src/v8/v8.cc, `getFailMessage`.
   */
  backtrace(error: unknown): string {
    if (this.#names.size === 0) return "";
    const lines = framesOf(error).map(({ functionIndex, offset }, at) => {
      const address = offset - this.#addedBytes;
      const name = this.#names.get(functionIndex) ?? `unknown(function index:${functionIndex})`;
      return `\n${String(at).padStart(3)}:  0x${address.toString(16)} - ${name}${this.#place(functionIndex, address)}`;
    });
    return `\nProxy-Wasm plugin in-VM backtrace:${lines.join("")}`;
  }

  #place(functionIndex: number, address: number): string {
    if (this.#map === null) return "";
    const start = this.#starts[functionIndex - this.#importedFunctions] ?? address;
    const segments = decodedMappings(this.#map)[0] ?? [];
    // Code that the compiler adds, such as the call of `abort` in `value!`, has no place: it belongs to what is before it.
    const segment = segments.findLast(([at, source]) => at <= address && at >= start && source !== undefined);
    const [, source, line = 0, column = 0] = segment ?? [];
    return source === undefined ? "" : ` (${this.#map.sources[source]}:${line + 1}:${column + 1})`;
  }
}

/** What a debugger is told to load as a module's source map; null when there is none. */
export function sourceMapUrl(bytes: Uint8Array): string | null {
  for (const { reader } of customSections(bytes, urlSection)) return reader.name();
  return null;
}

/** The module with another source map. */
export function withSourceMapUrl(bytes: Uint8Array, url: string): Uint8Array<ArrayBuffer> {
  const sized = (text: Uint8Array) => concat([Uint8Array.from(leb128(text.length)), text]);
  const content = concat([sized(encode(urlSection)), sized(encode(url))]);
  const present = new Set(customSections(bytes, urlSection).map(({ start }) => start));
  const kept = Array.from(sectionsOf(bytes)).filter(({ start }) => !present.has(start));
  const parts = kept.map(({ start, end }) => bytes.subarray(start, end));
  return concat([bytes.subarray(0, 8), ...parts, Uint8Array.of(Section.Custom), sized(content)]);
}

function readSourceMap(bytes: Uint8Array): TraceMap | null {
  const [, base64 = "", data] = /^data:application\/json[^,]*?(;base64)?,(.*)$/s.exec(sourceMapUrl(bytes) ?? "") ?? [];
  if (data === undefined) return null;
  const text = base64 === "" ? decodeURIComponent(data) : decode(bytesOf(atob(data)));
  // Files are told as the compiler saw them, without the folder that debuggers need.
  return new TraceMap({ ...JSON.parse(text), sourceRoot: "" });
}

function functionStarts(bytes: Uint8Array): number[] {
  const starts: number[] = [];
  for (const { id, content } of sectionsOf(bytes)) {
    if (id !== Section.Code) continue;
    const reader = new Reader(bytes, content);
    for (let left = reader.u32(); left > 0; left--) {
      const size = reader.u32();
      starts.push(reader.at);
      reader.at += size;
    }
  }
  return starts;
}

function functionNames(bytes: Uint8Array): Map<number, string> {
  const names = new Map<number, string>();
  for (const { reader, end } of customSections(bytes, "name")) {
    while (reader.at < end) {
      const subsection = reader.byte();
      const size = reader.u32();
      const next = reader.at + size;
      if (subsection === functionNamesSubsection) {
        for (let left = reader.u32(); left > 0; left--) names.set(reader.u32(), reader.name());
      }
      reader.at = next;
    }
  }
  return names;
}

/** The custom sections of a name; readers stand behind it. */
function customSections(bytes: Uint8Array, name: string): { reader: Reader; start: number; end: number }[] {
  return Array.from(sectionsOf(bytes))
    .filter(({ id }) => id === Section.Custom)
    .map(({ start, content, end }) => ({ start, end, reader: new Reader(bytes, content) }))
    .filter(({ reader }) => reader.name() === name);
}

interface Frame {
  readonly functionIndex: number;
  /** Of the instruction, in the bytes of the module. */
  readonly offset: number;
}

/** Frames inside modules, innermost first: `wasm://wasm/1a2b:wasm-function[12]:0x34` in V8's and SpiderMonkey's stacks. */
function framesOf(error: unknown): Frame[] {
  const found = stackOf(error).matchAll(/wasm-function\[(\d+)\]:0x([0-9a-f]+)/g);
  return Array.from(found, ([, index, offset]) => ({
    functionIndex: Number(index),
    offset: Number.parseInt(offset ?? "", 16),
  }));
}

/** The stack in the engine's own form, which test runners and source map tools replace by theirs. */
function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const prepare = Error.prepareStackTrace;
  try {
    Error.prepareStackTrace = (_error, sites) => sites.join("\n");
    return error.stack ?? "";
  } finally {
    if (prepare === undefined) Reflect.deleteProperty(Error, "prepareStackTrace");
    else Error.prepareStackTrace = prepare;
  }
}
