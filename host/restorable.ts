/**
 * Makes a module's whole state reachable: memory is exported by every Proxy-Wasm module, but of globals only those that
 * are exported can be written from outside, so all that change get an export.
 */
import { Kind, leb128, Reader, Section, type SectionRange, sectionsOf } from "./wasm-binary.ts";

export interface RestorableModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The exports of globals that change. */
  readonly globals: readonly string[];
}

const mutable = 1;
const v128 = 0x7b;

/**
 * Null when instances cannot be put back: globals that JavaScript cannot read (v128), segments that can be dropped, an
 * initializer of a kind unknown here; or must not be, as a source map counts the bytes of the module as it is. Tables are
 * taken to be constant, as every compiler leaves them.
 */
export function restorable(bytes: Uint8Array): RestorableModule | null {
  let globals: number[] | null = [];
  let exports: SectionRange | null = null;
  for (const section of sectionsOf(bytes)) {
    const reader = new Reader(bytes, section.content);
    if (section.id === Section.Custom && reader.name() === "sourceMappingURL") return null;
    if (section.id === Section.Data && hasPassive(reader)) return null;
    if (section.id === Section.Global) globals = mutableGlobals(reader);
    if (section.id === Section.Export) exports = section;
  }
  if (globals === null || exports === null) return null;
  const names = globals.map((index) => `proxy-wasm-kit global ${index}`);
  const reader = new Reader(bytes, exports.content);
  const count = reader.u32();
  const added = globals.flatMap((index, at) => {
    const name = new TextEncoder().encode(names[at]);
    return [...leb128(name.length), ...name, Kind.Global, ...leb128(index)];
  });
  const content = [...leb128(count + globals.length), ...bytes.subarray(reader.at, exports.end), ...added];
  const section = [Section.Export, ...leb128(content.length), ...content];
  return { globals: names, bytes: spliced(bytes, exports, section) };
}

function spliced(bytes: Uint8Array, { start, end }: SectionRange, put: readonly number[]): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(bytes.length - (end - start) + put.length);
  result.set(bytes.subarray(0, start));
  result.set(put, start);
  result.set(bytes.subarray(end), start + put.length);
  return result;
}

/** Whether there is a segment that is not copied at the start, but by the guest, which can then drop it. */
function hasPassive(reader: Reader): boolean {
  for (let left = reader.u32(); left > 0; left--) {
    const flags = reader.u32();
    if (flags === 1) return true;
    if (flags === 2) reader.u32();
    skipInitializer(reader);
    const size = reader.u32();
    reader.at += size;
  }
  return false;
}

/** Indices of the globals that change; null when one cannot be read from outside. */
function mutableGlobals(reader: Reader): number[] | null {
  const indices: number[] = [];
  const count = reader.u32();
  for (let index = 0; index < count; index++) {
    const type = reader.byte();
    if (reader.byte() === mutable) {
      if (type === v128) return null;
      indices.push(index);
    }
    if (!skipInitializer(reader)) return null;
  }
  return indices;
}

/** False for an instruction that is not of constant expressions. */
function skipInitializer(reader: Reader): boolean {
  for (;;) {
    const opcode = reader.byte();
    const size = { 67: 4, 68: 8 }[opcode]; // f32.const, f64.const
    const isArithmetic = [106, 107, 108, 124, 125, 126].includes(opcode);
    if (opcode === 11) return true; // end
    if (size !== undefined) reader.at += size;
    else if ([35, 65, 66, 208, 210].includes(opcode))
      reader.u32(); // global.get, constants, ref.null, ref.func
    else if (!isArithmetic) return false;
  }
}
