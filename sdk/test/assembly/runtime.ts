// Makes garbage of every size and checks what is still in use; runtime.test.ts drives it.
import "@proxy-wasm-kit/sdk";

class Item {
  next: Item | null = null;
  constructor(
    readonly bytes: ArrayBuffer,
    readonly mark: u8,
  ) {}

  get isWhole(): bool {
    const from = changetype<usize>(this.bytes);
    for (let i = 0; i < this.bytes.byteLength; ++i) if (load<u8>(from + i) != this.mark) return false;
    return true;
  }
}

const items = new Array<Item | null>(256);
const texts: string[] = ["static", "data"];
const table = new Map<i32, string>();
let seed: u32 = 1;

function random(below: u32): u32 {
  seed = seed * 1664525 + 1013904223;
  return (seed >> 8) % below;
}

function damagedIn(list: Item | null): i32 {
  if (list === null) return 0;
  return damagedIn(list.next) + (list.isWhole ? 0 : 1);
}

/** Replaces items at random; returns how many were not as they had been left. */
export function churn(rounds: i32, largest: u32): i32 {
  let damaged = 0;
  for (let i = 0; i < rounds; ++i) {
    const slot = random(256);
    damaged += damagedIn(items[slot]);
    const bytes = new ArrayBuffer(random(random(8) == 0 ? largest : 300));
    const mark = <u8>random(256);
    memory.fill(changetype<usize>(bytes), mark, bytes.byteLength);
    const item = new Item(bytes, mark);
    if (random(4) == 0) item.next = items[slot];
    const next = item.next;
    if (next !== null && next.next !== null) next.next!.next = null;
    items[slot] = item;
    const key = random(100);
    if (table.has(key) && table.get(key) != key.toString()) ++damaged;
    table.set(key, key.toString());
    texts.push(key.toString());
    if (texts.length > 64) texts.splice(0, 60);
  }
  return damaged;
}

export function isDue(): bool {
  return __collectionIsDue();
}

export function collect(): void {
  __collect();
}

/** Grows a buffer as arrays do; returns whether what was in it is still there. */
export function growsWhole(): bool {
  const array: i32[] = [];
  for (let i = 0; i < 10000; ++i) array.push(i);
  for (let i = 0; i < 10000; ++i) if (array[i] != i) return false;
  return texts[0].length > 0;
}

export function allocate(size: usize): void {
  heap.free(heap.alloc(size));
}

let pinned: usize = 0;

export function pin(): void {
  pinned = __pin(changetype<usize>(new Uint8Array(1000).fill(7)));
}

/** Whether the pinned buffer is as it was; the pin is gone afterwards. */
export function unpin(): bool {
  const array = changetype<Uint8Array>(pinned);
  __unpin(pinned);
  return array.every((byte) => byte == 7);
}

// What a test holds by number, so that it knows what is in use; raw blocks are those that no collection frees.
const held = new Array<ArrayBuffer | null>(512);
const raw = new StaticArray<usize>(512);

/** Allocates an object of so many bytes in the place of the one held there; returns where it is. */
export function hold(at: i32, size: i32): usize {
  const buffer = new ArrayBuffer(size);
  held[at] = buffer;
  return changetype<usize>(buffer);
}

export function release(at: i32): void {
  held[at] = null;
}

/** Grows or shrinks the object held there, as arrays do; returns where it is now. */
export function resize(at: i32, size: i32): usize {
  const moved = __renew(changetype<usize>(held[at]), size);
  held[at] = changetype<ArrayBuffer>(moved);
  return moved;
}

/** Allocates a raw block in the place of the one held there. */
export function holdRaw(at: i32, size: usize): usize {
  if (raw[at] != 0) heap.free(raw[at]);
  return (raw[at] = heap.alloc(size));
}

/** As `holdRaw`, with what was in the block before. */
export function resizeRaw(at: i32, size: usize): usize {
  return (raw[at] = heap.realloc(raw[at], size));
}
