// Contexts by id: an open-addressed table with linear probing, at most half full, so that a look-up costs the same however
// many streams are open. Ids are handed out in sequence; multiplying by the golden ratio spreads any run of them evenly
// (Knuth, The Art of Computer Programming 6.4). Deletion moves entries back and leaves no marks.
import { Context } from "./contexts";

export class ContextTable {
  /** How many contexts are in it. */
  size: i32 = 0;
  private slots: StaticArray<Context | null> = new StaticArray<Context | null>(32);
  /** Leaves the upper bits that number the slots. */
  private shift: i32 = 27;

  get(id: u32): Context | null {
    return unchecked(this.slots[this.slotOf(id)]);
  }

  /** Adds a context, or replaces the one with the same id. */
  set(context: Context): void {
    if (this.size * 2 >= this.slots.length) this.grow();
    const slot = this.slotOf(context.id);
    if (this.slots[slot] === null) this.size += 1;
    this.slots[slot] = context;
  }

  delete(id: u32): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let hole = this.slotOf(id);
    if (slots[hole] === null) return;
    this.size -= 1;
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const context = slots[next];
      if (context === null) break;
      // An entry may move back into the hole unless that is before the place where a search for it begins.
      if (((next - this.home(context.id)) & mask) < ((next - hole) & mask)) continue;
      slots[hole] = context;
      hole = next;
    }
    slots[hole] = null;
  }

  /** Where the id is, or would be put. */
  private slotOf(id: u32): i32 {
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = this.home(id);
    for (let context = slots[slot]; context !== null && context.id != id; context = slots[slot]) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Where a search for the id begins. */
  private home(id: u32): i32 {
    return (id * 0x9e3779b1) >> this.shift;
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new StaticArray<Context | null>(old.length * 2);
    this.shift -= 1;
    for (let i = 0; i < old.length; ++i) {
      const context = old[i];
      if (context !== null) this.slots[this.slotOf(context.id)] = context;
    }
  }
}
