// A header with elements, such as `t=1,v1=aa,v1=bb`: split at every separator, each element at its first pair. Nothing is
// trimmed.
import { find, findByte, isBytes } from "../bytes";

export class SignatureList {
  // What `next` found: the signature's or the timestamp's value.
  isSignature: bool = false;
  ptr: usize = 0;
  size: i32 = 0;
  /** Whether any element had a pair. */
  hasPairs: bool = false;

  private at: usize = 0;
  private end: usize = 0;

  constructor(
    readonly separator: ArrayBuffer,
    readonly pair: ArrayBuffer,
    readonly signature: ArrayBuffer,
    /** Empty when the time is not in the list. */
    public timestamp: ArrayBuffer,
  ) {}

  begin(ptr: usize, size: i32): void {
    this.hasPairs = false;
    this.at = ptr;
    this.end = ptr + size;
  }

  /** Goes to the next signature or timestamp; false when there is none. */
  next(): bool {
    while (this.at <= this.end) {
      const start = this.at;
      const size = this.elementSize(start);
      this.at = start + size + this.separator.byteLength;
      const key = find(start, size, this.pair);
      if (key < 0) continue;
      this.hasPairs = true;
      this.isSignature = isBytes(start, key, this.signature);
      if (!this.isSignature && (this.timestamp.byteLength == 0 || !isBytes(start, key, this.timestamp))) continue;
      const skipped = key + this.pair.byteLength;
      this.ptr = start + skipped;
      this.size = size - skipped;
      return true;
    }
    return false;
  }

  private elementSize(start: usize): i32 {
    const rest = <i32>(this.end - start);
    if (this.separator.byteLength == 1) return findByte(start, rest, load<u8>(changetype<usize>(this.separator)));
    const size = find(start, rest, this.separator);
    return size < 0 ? rest : size;
  }
}
