// Things with an id: an open-addressed table with linear probing, at most half full, so that a look-up costs the same
// however many there are. Ids are handed out in sequence; multiplying by the golden ratio spreads any run of them evenly
// (Knuth, The Art of Computer Programming 6.4). Deletion moves entries back and leaves no marks.

/** Something the host has given a number. */
export abstract class Identified {
  constructor(readonly id: u32) {}
}

/** Empty places: `new StaticArray` has a check and a message for lengths that never come here. */
function slots<T>(length: i32): StaticArray<T | null> {
  const bytes = length * sizeof<usize>();
  const array = __new(bytes, idof<StaticArray<T | null>>());
  memory.fill(array, 0, bytes);
  return changetype<StaticArray<T | null>>(array);
}

/** Places are within bounds by their masks, so accesses are unchecked. */
export class IdTable<T extends Identified> {
  /** How many are in it. */
  size: i32 = 0;
  private slots: StaticArray<T | null> = slots<T>(32);
  /** Leaves the upper bits that number the slots. */
  private shift: i32 = 27;

  get(id: u32): T | null {
    return unchecked(this.slots[this.slotOf(id)]);
  }

  /** Adds one, or replaces the one with the same id. */
  set(item: T): void {
    if (this.size * 2 >= this.slots.length) this.grow();
    const slot = this.slotOf(item.id);
    if (unchecked(this.slots[slot]) === null) this.size += 1;
    this.put(slot, item);
  }

  delete(id: u32): void {
    const slots = this.slots;
    const mask = slots.length - 1;
    let hole = this.slotOf(id);
    if (unchecked(slots[hole]) === null) return;
    this.size -= 1;
    for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
      const item = unchecked(slots[next]);
      if (item === null) break;
      // An entry may move back into the hole unless that is before the place where a search for it begins.
      if (((next - this.home(item.id)) & mask) < ((next - hole) & mask)) continue;
      this.put(hole, item);
      hole = next;
    }
    this.put(hole, null);
  }

  /** All that are in it now, in no order and with nulls between them. */
  items(): StaticArray<T | null> {
    const from = this.slots;
    const items = slots<T>(from.length);
    for (let i = 0; i < from.length; ++i) unchecked((items[i] = from[i]));
    return items;
  }

  private put(slot: i32, item: T | null): void {
    const slots = this.slots;
    unchecked((slots[slot] = item));
  }

  /** Where the id is, or would be put. */
  private slotOf(id: u32): i32 {
    const slots = this.slots;
    const mask = slots.length - 1;
    let slot = this.home(id);
    for (let item = unchecked(slots[slot]); item !== null && item.id != id; item = unchecked(slots[slot])) {
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
    this.slots = slots<T>(old.length * 2);
    this.shift -= 1;
    for (let i = 0; i < old.length; ++i) {
      const item = unchecked(old[i]);
      if (item !== null) this.put(this.slotOf(item.id), item);
    }
  }
}
