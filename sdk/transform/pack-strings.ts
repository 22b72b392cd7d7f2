/**
 * Keeps string literals in the module as one byte a character, and spreads them out when it starts. AssemblyScript stores
 * each as UTF-16 behind a header of 20 bytes; messages and names are most of a small filter's data.
 */
import type binaryen from "binaryen";

type Binaryen = typeof binaryen;
type Segment = { readonly offset: number; readonly data: Uint8Array };

/** Header of a static object: u32 block size, two GC words, class, size of the payload (asc, std/assembly/rt/common.ts). */
const headerSize = 20;
/** Class of strings, the same in every program (asc, src/program.ts). */
const stringClass = 2;
const pageSize = 65536;
/** asc's name for the memory inside the module. */
const memoryName = "0";

export function packStrings(b: Binaryen, module: binaryen.Module): void {
  const segments = readSegments(module);
  if (segments === undefined) return;
  const strings = segments.filter((segment) => packable(segment.data));
  const packed = pack(strings);
  const { initial, max } = module.getMemoryInfo(memoryName);
  // The packed text is only needed until the heap is: it may lie where the heap will be.
  const end = initial * pageSize;
  const start = end - packed.length;
  const staticEnd = Math.max(0, ...segments.map(({ offset, data }) => offset + data.length));
  if (strings.length === 0 || start < staticEnd) return;
  const kept = segments.filter((segment) => !strings.includes(segment));
  const all = [...kept, { offset: start, data: packed }];
  module.setMemory(
    initial,
    max ?? pageSize,
    null,
    all.map(({ offset, data }) => ({ offset: module.i32.const(offset), data })),
    false,
    false,
    memoryName,
  );
  addUnpacking(b, module, start, end);
}

/** What Binaryen's typings of the version that asc pins leave out. */
interface DataSegments {
  getNumDataSegments(): number;
  getDataSegmentInfo(segment: number): { offset: number; data: ArrayBuffer; passive: boolean };
}

/** The static data in the order of addresses; undefined when it is of a form that asc does not produce today. */
function readSegments(module: binaryen.Module): Segment[] | undefined {
  const typed = module as binaryen.Module & DataSegments;
  const segments: Segment[] = [];
  for (let i = 0; i < typed.getNumDataSegments(); ++i) {
    const { offset, data, passive } = typed.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    if (passive) return undefined;
    segments.push({ offset, data: new Uint8Array(data) });
  }
  return segments.sort((one, other) => one.offset - other.offset);
}

/** A string of 1 to 255 characters that each fit a byte. */
function packable(data: Uint8Array): boolean {
  if (data.length < headerSize) return false;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const size = view.getUint32(16, true);
  if (view.getUint32(12, true) !== stringClass || size === 0 || size > 510) return false;
  if (data.length !== blockSize(size) || view.getUint32(0, true) !== data.length - 4) return false;
  return data.every((byte, at) => at < headerSize || (at - headerSize) % 2 === 0 || byte === 0);
}

/** Bytes of a static object with its header, in blocks of 16. */
function blockSize(payload: number): number {
  return (headerSize + payload + 15) & ~15;
}

/** For each string: u8 words skipped since the one before, u8 characters (0: only skip), the characters. */
function pack(strings: readonly Segment[]): Uint8Array {
  const bytes: number[] = [];
  let at = 0;
  for (const { offset, data } of strings) {
    for (; offset - at > 1020; at += 1020) bytes.push(255, 0);
    const characters = data.filter((_, i) => i >= headerSize && (i - headerSize) % 2 === 0);
    const count = new DataView(data.buffer, data.byteOffset).getUint32(16, true) / 2;
    bytes.push((offset - at) / 4, count, ...characters.subarray(0, count));
    at = offset + data.length;
  }
  return Uint8Array.from(bytes);
}

/** Makes the start function begin with the unpacking of [start, end), which is zeroed as the heap expects it. */
function addUnpacking(b: Binaryen, module: binaryen.Module, start: number, end: number): void {
  const { i32, local } = module;
  const [from, to, count, base] = [0, 1, 2, 3];
  const get = (index: number) => local.get(index, b.i32);
  const add = (index: number, value: number) => local.set(index, i32.add(get(index), value));
  const size = i32.shl(get(count), i32.const(1));
  const characters = module.loop(
    "characters",
    module.if(
      get(count),
      module.block(null, [
        i32.store16(0, 2, get(to), i32.load8_u(0, 1, get(from))),
        add(to, i32.const(2)),
        add(from, i32.const(1)),
        local.set(count, i32.sub(get(count), i32.const(1))),
        module.br("characters"),
      ]),
    ),
  );
  const oneString = module.block(null, [
    local.set(base, i32.add(get(base), i32.shl(i32.load8_u(0, 1, get(from)), i32.const(2)))),
    local.set(count, i32.load8_u(1, 1, get(from))),
    add(from, i32.const(2)),
    module.if(
      get(count),
      module.block(null, [
        local.set(to, i32.and(i32.add(size, i32.const(headerSize + 15)), i32.const(~15))),
        i32.store(0, 4, get(base), i32.sub(get(to), i32.const(4))),
        i32.store(12, 4, get(base), i32.const(stringClass)),
        i32.store(16, 4, get(base), i32.shl(get(count), i32.const(1))),
        // The next string is counted from the end of this one.
        local.set(base, i32.add(get(base), local.tee(4, get(to), b.i32))),
        local.set(to, i32.add(i32.sub(get(base), get(4)), i32.const(headerSize))),
        characters,
      ]),
    ),
    module.br_if("strings", i32.lt_u(get(from), i32.const(end))),
  ]);
  const body = module.block(null, [
    local.set(from, i32.const(start)),
    module.loop("strings", oneString),
    module.memory.fill(i32.const(start), i32.const(0), i32.const(end - start)),
  ]);
  module.addFunction("~unpack", b.none, b.none, [b.i32, b.i32, b.i32, b.i32, b.i32], body);
  const name = "~start";
  const startFunction = b.getFunctionInfo(module.getFunction(name));
  module.removeFunction(name);
  const whole = module.block(null, [module.call("~unpack", [], b.none), startFunction.body]);
  module.addFunction(name, startFunction.params, startFunction.results, startFunction.vars, whole);
}
