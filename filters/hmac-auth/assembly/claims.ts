// The signatures that a request claims to have, decoded.
import { equal } from "@proxy-wasm-kit/sdk/crypto";

/** More elements than this are refused before any is decoded. */
export const MAX_CLAIMS = 16;

/** The largest digest, and what base64 may decode to beyond it. */
const STRIDE = 72;

export class Claims {
  count: i32 = 0;
  /** Room for one; for all when there is a second. */
  private room: StaticArray<u8> = new StaticArray<u8>(STRIDE);

  clear(): void {
    this.count = 0;
  }

  /** Where to decode the next one to; `add` keeps it. */
  next(): usize {
    const used = this.count * STRIDE;
    if (used == this.room.length) {
      const larger = new StaticArray<u8>(STRIDE * MAX_CLAIMS);
      memory.copy(changetype<usize>(larger), changetype<usize>(this.room), used);
      this.room = larger;
    }
    return changetype<usize>(this.room) + used;
  }

  add(): void {
    ++this.count;
  }

  /** One that was added. */
  at(index: i32): usize {
    return changetype<usize>(this.room) + index * STRIDE;
  }

  /** Whether one of them is this, in a time that does not depend on where the bytes differ. */
  include(computed: usize, size: i32): bool {
    let found = false;
    for (let i = 0; i < this.count; ++i) {
      if (equal(computed, changetype<usize>(this.room) + i * STRIDE, size)) found = true;
    }
    return found;
  }
}
