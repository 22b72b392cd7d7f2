// How many different values an attribute may have: each is a time series, and paths are written by clients.
import { StringBuilder } from "@proxy-wasm-kit/sdk";

/** A longer value is as good as one too many. */
const MAX_SIZE = 256;

export class Cardinality {
  private seen: Set<string> = new Set<string>();

  constructor(
    private limit: i32,
    private overflow: ArrayBuffer,
  ) {}

  /** Puts the overflow value in the place of one too many; whether it did. */
  apply(value: StringBuilder): bool {
    if (value.length <= MAX_SIZE) {
      const text = value.toString();
      if (this.seen.has(text)) return false;
      if (this.seen.size < this.limit) {
        this.seen.add(text);
        return false;
      }
    }
    value.clear().appendBuffer(this.overflow);
    return true;
  }
}
