/** Reading the binary format of modules. Source: WebAssembly core specification 2.0, section 5. */

export const Section = {
  Custom: 0,
  Type: 1,
  Import: 2,
  Function: 3,
  Global: 6,
  Export: 7,
  Code: 10,
  Data: 11,
} as const;
export const Kind = { Function: 0, Table: 1, Memory: 2, Global: 3, Tag: 4 } as const;

export interface SectionRange {
  readonly id: number;
  /** Offset of the byte that is the id. */
  readonly start: number;
  /** Offset of what follows the size. */
  readonly content: number;
  readonly end: number;
}

/** The sections of a module V8 has compiled, which makes its bytes well-formed. */
export function* sectionsOf(bytes: Uint8Array): Generator<SectionRange> {
  const reader = new Reader(bytes, 8); // behind magic number and version
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = reader.byte();
    const size = reader.u32();
    const end = reader.at + size;
    yield { id, start, content: reader.at, end };
    reader.at = end;
  }
}

export class Reader {
  at: number;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  byte(): number {
    return this.#bytes[this.at++] ?? 0;
  }

  /** LEB128, unsigned; also passes over a signed or a 64-bit number. */
  u32(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  name(): string {
    const size = this.u32();
    this.at += size;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - size, this.at));
  }
}

/** LEB128, unsigned. */
export function leb128(value: number): number[] {
  const low = value % 128;
  return value < 128 ? [value] : [low + 128, ...leb128((value - low) / 128)];
}
