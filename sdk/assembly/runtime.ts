// Memory and its collector, small and quick: what asc's "minimal" runtime does, in a third of the bytes. The transform puts
// it in that runtime's place and makes these functions the globals that asc calls; without the transform asc's own serves.
//
// The heap is blocks, one behind the other. A collection marks those in use and joins the others into runs, from which blocks
// are cut: the first run that is large enough. A small block gives up on the runs before that until the next collection, so
// that it searches none of them twice; a large one leaves them to others, so that memory does not grow by what they hold.
//
// A block is 16 bytes of header and what it holds, aligned to 16. asc lays out the same header before static data:
// -16 where the block ends; -12 the mark; -8 class id, or the next run; -4 size (both written and read by asc too).

/** The largest block; beyond it asc's own sizes would overflow. */
const MAX_SIZE: usize = (1 << 30) - 16;

/** Where the list of runs begins, seen as a run whose next is this word. */
const RUNS = memory.data(4, 4) - 8;

/** Where the queue of marked objects begins, seen as an object whose mark is this word. */
const QUEUE = memory.data(4, 4) + 12;

/** The mark of the last object in the queue; the others' is the next one. No mark is 0. */
const LAST: usize = 1;

/** The mark of a block that is no object: in use until it is freed. */
const KEPT: usize = 2;

/** Below this a block is small. */
const SMALL: usize = 1024;

/** Before this many bytes are allocated nothing is collected. */
const PATIENCE = 16384;

/** Where the last block ends. */
let heapEnd: usize = (__heap_base + 15) & ~15;
let queueEnd: usize = 0;
/** Bytes that may still be allocated before a collection is due. */
let patience: i32 = PATIENCE;
/** Pinned objects: a list of (next, object). */
let pins: usize = 0;

/** A block for `size` bytes that is not an object: it stays until it is freed. */
export function __alloc(size: usize): usize {
  return cut(size, KEPT);
}

function cut(size: usize, mark: usize): usize {
  if (size > MAX_SIZE) outOfMemory();
  const bytes = (size + 31) & ~15;
  let before = RUNS;
  let run = load<usize>(before, 8);
  while (run != 0 && load<usize>(run) - run < bytes) {
    const next = load<usize>(run, 8);
    if (bytes < SMALL) store<usize>(before, next, 8);
    else before = run;
    run = next;
  }
  if (run == 0) run = grow(bytes);
  const end = load<usize>(run);
  let next = load<usize>(run, 8);
  const rest = run + bytes;
  if (rest != end) {
    free(rest, end, next);
    next = rest;
  }
  store<usize>(before, next, 8);
  patience -= <i32>bytes;
  store<usize>(run, rest);
  store<usize>(run, mark, 4);
  store<u32>(run, <u32>size, 12);
  return run + 16;
}

/** A run of at least so many bytes behind the last block. */
function grow(bytes: usize): usize {
  const run = heapEnd;
  const end = (run + bytes + 0xffff) & ~0xffff;
  const missing = <i32>(end >> 16) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) outOfMemory();
  heapEnd = end;
  free(run, end, 0);
  return run;
}

/** Makes a run of what is there. */
function free(run: usize, end: usize, next: usize): void {
  store<usize>(run, end);
  store<usize>(run, 0, 4);
  store<usize>(run, next, 8);
}

function outOfMemory(): void {
  throw new Error("out of memory");
}

/** The next collection joins it to a run. */
export function __free(block: usize): void {
  store<usize>(block - 12, 0);
}

export function __realloc(block: usize, size: usize): usize {
  const moved = __alloc(size);
  memory.copy(moved, block, min<usize>(size, load<u32>(block - 4)));
  __free(block);
  return moved;
}

export function __new(size: usize, id: i32): usize {
  const object = cut(size, 0);
  store<i32>(object - 8, id);
  return object;
}

export function __renew(object: usize, size: usize): usize {
  if (object > __heap_base && size <= load<usize>(object - 16) - object) {
    store<u32>(object - 4, <u32>size);
    return object;
  }
  const moved = __new(size, load<i32>(object - 8));
  memory.copy(moved, object, min<usize>(size, load<u32>(object - 4)));
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
  let pin = pins;
  // Not a loop alone: it would stay in modules that pin nothing.
  if (pins != 0) {
    do {
      __visit(load<usize>(pin, 4), 0);
      pin = load<usize>(pin);
    } while (pin != 0);
  }
  for (let object = load<usize>(QUEUE - 12); object != LAST; object = load<usize>(object - 12)) {
    __visit_members(object, 0);
  }
  sweep();
  // Static data is marked too, which only the queue leads to.
  for (let object = load<usize>(QUEUE - 12); object != LAST; ) {
    const next = load<usize>(object - 12);
    store<usize>(object - 12, 0);
    object = next;
  }
}

/** Joins what is free into runs. */
function sweep(): void {
  let live = 0;
  let run = RUNS;
  for (let block = (__heap_base + 15) & ~15; block < heapEnd; ) {
    let end = load<usize>(block);
    if (load<usize>(block, 4) != 0) {
      live += <i32>(end - block);
    } else {
      while (end < heapEnd && load<usize>(end, 4) == 0) end = load<usize>(end);
      store<usize>(block, end);
      store<usize>(run, block, 8);
      run = block;
    }
    block = end;
  }
  store<usize>(run, 0, 8);
  // As much is new as is old, so that collecting costs the same for every byte.
  patience = max(PATIENCE, live);
}

/** Whether it is time to collect. */
export function __collectionIsDue(): bool {
  return patience < 0;
}
