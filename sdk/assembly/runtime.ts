// Memory and its collector, small and quick: what asc's "minimal" runtime does, in a third of the bytes. The transform puts
// it in that runtime's place and makes these functions the globals that asc calls; without the transform asc's own serves.
//
// Blocks are cut from the end of the heap and, once freed, kept in a list for each size: four sizes to every power of
// two, so that at most a fifth of a block is waste, and neither direction ever searches. Blocks are not joined again:
// memory stays at the sum of what each size needed at its worst.
//
// A block is 16 bytes of header and what it holds, aligned to 16. asc lays out the same header before static data:
// -16 the next of all objects, or of the free list; -12 the mark; -8 class id; -4 size (both written and read by asc too).

const HEADER: usize = 16;

/** The largest block; beyond it asc's own sizes would overflow. */
const MAX_SIZE: usize = (1 << 30) - 16;

/** The free blocks of each size, by `listOf`. */
const FREE = memory.data(256 * 4, 4);

/** Where the queue of marked objects begins, seen as an object whose mark is this word. */
const QUEUE = memory.data(4, 4) + 12;

/** The mark of the last object in the queue; the others' is the next one. No mark is 0. */
const LAST: usize = 1;

/** Before this many bytes are allocated nothing is collected. */
const PATIENCE: usize = 16384;

/** The end of what was ever allocated; 0 before anything was. */
let top: usize = 0;
/** The object made last; the others follow from it. */
let objects: usize = 0;
let queueEnd: usize = 0;
/** Bytes allocated since the last collection, and those that survived it. */
let fresh: usize = 0;
let live: usize = 0;
/** Pinned objects: a list of (next, object). */
let pins: usize = 0;

/** Bits of a block's size that are below the three that count. */
function scaleOf(size: usize): usize {
  return max<usize>(29 - clz<u32>(<u32>(size + HEADER - 1)), 4);
}

/** The block for `size` bytes, header included. */
function blockSize(size: usize): usize {
  const scale = scaleOf(size);
  return (((size + HEADER - 1) >> scale) + 1) << scale;
}

function listOf(size: usize): usize {
  const scale = scaleOf(size);
  return FREE + (((scale << 3) + ((size + HEADER - 1) >> scale)) << 2);
}

export function __alloc(size: usize): usize {
  if (size > MAX_SIZE) outOfMemory();
  const list = listOf(size);
  let block = load<usize>(list);
  const bytes = blockSize(size);
  fresh += bytes;
  if (block != 0) {
    store<usize>(list, load<usize>(block - 16));
  } else {
    if (top == 0) top = (__heap_base + 15) & ~15;
    block = top + HEADER;
    top += bytes;
    const missing = <i32>((top + 0xffff) >> 16) - memory.size();
    if (missing > 0 && memory.grow(missing) < 0) outOfMemory();
  }
  store<u32>(block - 4, <u32>size);
  return block;
}

function outOfMemory(): void {
  throw new Error("out of memory");
}

export function __free(block: usize): void {
  const list = listOf(load<u32>(block - 4));
  store<usize>(block - 16, load<usize>(list));
  store<usize>(list, block);
}

export function __realloc(block: usize, size: usize): usize {
  const moved = __alloc(size);
  memory.copy(moved, block, min<usize>(size, load<u32>(block - 4)));
  __free(block);
  return moved;
}

export function __new(size: usize, id: i32): usize {
  const object = __alloc(size);
  store<usize>(object - 16, objects);
  store<usize>(object - 12, 0);
  store<i32>(object - 8, id);
  objects = object;
  return object;
}

export function __renew(object: usize, size: usize): usize {
  const before = load<u32>(object - 4);
  if (object > __heap_base && listOf(size) == listOf(before)) {
    store<u32>(object - 4, <u32>size);
    return object;
  }
  const moved = __new(size, load<i32>(object - 8));
  memory.copy(moved, object, min<usize>(size, before));
  return moved;
}

export function __link(parent: usize, child: usize, expectMultiple: bool): void {}

export function __pin(object: usize): usize {
  const pin = __alloc(8);
  store<usize>(pin, pins);
  store<usize>(pin, object, 4);
  pins = pin;
  return object;
}

export function __unpin(object: usize): void {
  let before: usize = 0;
  for (let pin = pins; pin != 0; pin = load<usize>(pin)) {
    if (load<usize>(pin, 4) == object) {
      if (before == 0) pins = load<usize>(pin);
      else store<usize>(before, load<usize>(pin));
      __free(pin);
      return;
    }
    before = pin;
  }
}

/** Marks an object, and queues it for its members to be marked. */
export function __visit(object: usize, cookie: u32): void {
  if (object == 0 || load<usize>(object - 12) != 0) return;
  store<usize>(object - 12, LAST);
  store<usize>(queueEnd - 12, object);
  queueEnd = object;
}

/** Frees every object that no global leads to. Only when nothing is on the stack. */
export function __collect(): void {
  queueEnd = QUEUE;
  store<usize>(QUEUE - 12, LAST);
  __visit_globals(0);
  for (let pin = pins; pin != 0; pin = load<usize>(pin)) __visit(load<usize>(pin, 4), 0);
  for (let object = load<usize>(QUEUE - 12); object != LAST; object = load<usize>(object - 12)) {
    __visit_members(object, 0);
  }
  let kept: usize = 0;
  live = 0;
  for (let object = objects; object != 0; ) {
    const next = load<usize>(object - 16);
    if (load<usize>(object - 12) == 0) {
      __free(object);
    } else {
      live += blockSize(load<u32>(object - 4));
      store<usize>(object - 16, kept);
      kept = object;
    }
    object = next;
  }
  objects = kept;
  // Static data is marked too, and no list but the queue has it.
  for (let object = load<usize>(QUEUE - 12); object != LAST; ) {
    const next = load<usize>(object - 12);
    store<usize>(object - 12, 0);
    object = next;
  }
  fresh = 0;
}

/** Whether it is time to collect: as much is new as is old, so that collecting costs the same for every byte. */
export function __collectionIsDue(): bool {
  return fresh > max(PATIENCE, live);
}
