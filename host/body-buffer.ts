/** A growing, editable run of bytes: bodies and network data. Source: proxy-wasm-cpp-host BufferInterface, Envoy Buffer. */
import { concat } from "./byte-string.ts";

export class BodyBuffer {
  #chunks: Uint8Array[];
  #length: number;

  constructor(bytes: Uint8Array = new Uint8Array()) {
    this.#chunks = [bytes];
    this.#length = bytes.length;
  }

  get length(): number {
    return this.#length;
  }

  get bytes(): Uint8Array {
    const [first = new Uint8Array(), ...rest] = this.#chunks;
    if (rest.length === 0) return first;
    const all = concat(this.#chunks);
    this.#chunks = [all];
    return all;
  }

  /** At most `max` bytes from `start`; none when `start` is at or past the end. */
  slice(start: number, max: number): Uint8Array {
    return this.bytes.subarray(start, start + max);
  }

  append(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }

  /** Takes everything out of `other`. */
  moveFrom(other: BodyBuffer): void {
    this.append(other.bytes);
    other.clear();
  }

  clear(): void {
    this.#chunks = [];
    this.#length = 0;
  }

  /**
   * The rules of `proxy_set_buffer_bytes`: at the start, `length` bytes give way to `bytes`; at or past the end,
   * `bytes` are appended; anywhere else nothing is done and false returned.
   */
  edit(start: number, length: number, bytes: Uint8Array): boolean {
    if (start === 0) {
      const rest = this.bytes.subarray(Math.min(length, this.#length));
      this.#chunks = [bytes, rest];
      this.#length = bytes.length + rest.length;
      return true;
    }
    if (start < this.#length) return false;
    this.append(bytes);
    return true;
  }
}
