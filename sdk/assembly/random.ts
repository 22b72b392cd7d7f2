// Random bytes of the host's, fit for secrets; `Math.random` is not.
import { random_get } from "./wasi_snapshot_preview1";

/** Envoy refuses more at once. */
const MOST = 65536;

export namespace random {
  /** Fills the buffer; false when the host has no randomness, and then the bytes must not be used. */
  export function fill(buffer: ArrayBuffer): bool {
    let at = changetype<usize>(buffer);
    const end = at + buffer.byteLength;
    while (at < end) {
      const size = min(end - at, MOST);
      if (random_get(at, <i32>size) != 0) return false;
      at += size;
    }
    return true;
  }
}
