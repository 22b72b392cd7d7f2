/** The guest's memory, seen from the host: every access is checked. Source: proxy-wasm-cpp-host src/v8/v8.cc, exports.cc. */
import { Status } from "./abi.ts";
import { type ByteString, byteString } from "./byte-string.ts";

export class GuestMemory {
  readonly #memory: WebAssembly.Memory;
  readonly #allocate: (size: number) => number;

  /** `allocate` calls the guest's allocator; 0 is failure. */
  constructor(memory: WebAssembly.Memory, allocate: (size: number) => number) {
    this.#memory = memory;
    this.#allocate = allocate;
  }

  /** In bytes. */
  get size(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A copy of `size` bytes at `pointer`; null when any of them is outside memory. */
  read(pointer: number, size: number): Uint8Array<ArrayBuffer> | null {
    const { buffer } = this.#memory;
    if (pointer + size > buffer.byteLength) return null;
    return new Uint8Array(buffer.slice(pointer, pointer + size));
  }

  readString(pointer: number, size: number): ByteString | null {
    const bytes = this.read(pointer, size);
    return bytes === null ? null : byteString(bytes);
  }

  readU32(pointer: number): number | null {
    const bytes = this.read(pointer, 4);
    return bytes === null ? null : new DataView(bytes.buffer).getUint32(0, true);
  }

  /** False, and nothing written, when any byte would be outside memory. */
  write(pointer: number, bytes: Uint8Array): boolean {
    const { buffer } = this.#memory;
    if (pointer + bytes.length > buffer.byteLength) return false;
    new Uint8Array(buffer).set(bytes, pointer);
    return true;
  }

  writeU32(pointer: number, value: number): boolean {
    const { buffer } = this.#memory;
    if (pointer + 4 > buffer.byteLength) return false;
    new DataView(buffer).setUint32(pointer, value, true);
    return true;
  }

  writeU64(pointer: number, value: bigint): boolean {
    const { buffer } = this.#memory;
    if (pointer + 8 > buffer.byteLength) return false;
    new DataView(buffer).setBigUint64(pointer, value, true);
    return true;
  }

  /**
   * Gives bytes to the guest, which owns and frees them:
   * the guest's allocator -> data; `*pointerOut` = data (u32), `*sizeOut` = size in bytes (u32).
   * No bytes: no allocation, pointer 0, size 0. A null out-pointer is left alone.
   * Results: Ok; InvalidMemoryAccess (allocator failed, or an out-pointer is outside memory).
   */
  give(bytes: Uint8Array, pointerOut: number, sizeOut: number): Status {
    let pointer = 0;
    if (bytes.length > 0) {
      pointer = this.#allocate(bytes.length);
      if (pointer === 0 || !this.write(pointer, bytes)) return Status.InvalidMemoryAccess;
    }
    if (pointerOut !== 0 && !this.writeU32(pointerOut, pointer)) return Status.InvalidMemoryAccess;
    if (sizeOut !== 0 && !this.writeU32(sizeOut, bytes.length)) return Status.InvalidMemoryAccess;
    return Status.Ok;
  }
}
