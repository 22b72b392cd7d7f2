// What the Merkle-Damgard hashes of FIPS 180-4 share: blocks out of pieces, padding, the state as bytes.

/** A hash over any number of pieces. One object holds one running hash and can be used again after `reset`. */
export abstract class Hash {
  /** State (at most 64 bytes), then the block that is not full yet (at most 128). */
  private room: StaticArray<u8> = new StaticArray<u8>(192);
  /** Bytes hashed so far. */
  private total: u64 = 0;

  /** `wordSize` 4 or 8 bytes: it decides the size of blocks (16 words) and of the length at the end (2 words). */
  constructor(
    readonly digestSize: i32,
    private readonly wordSize: i32,
    private readonly initial: usize,
  ) {
    this.reset();
  }

  get blockSize(): i32 {
    return this.wordSize << 4;
  }

  /** Starts over. */
  reset(): void {
    memory.copy(this.state, this.initial, 64);
    this.total = 0;
  }

  /** Takes over the running hash of another object of the same class. */
  copyFrom(other: Hash): void {
    memory.copy(this.state, other.state, 192);
    this.total = other.total;
  }

  update(ptr: usize, size: i32): void {
    const blockSize = this.blockSize;
    const used = <i32>this.total & (blockSize - 1);
    this.total += size;
    if (used != 0) {
      const room = blockSize - used;
      memory.copy(this.block + used, ptr, min(room, size));
      if (size < room) return;
      this.compress(this.state, this.block, 1);
      ptr += room;
      size -= room;
    }
    const whole = size & -blockSize;
    if (whole != 0) this.compress(this.state, ptr, whole / blockSize);
    memory.copy(this.block, ptr + whole, size - whole);
  }

  /** Writes `digestSize` bytes to `into`. The hash is over: `reset` before it is used again. */
  digest(into: usize): void {
    const blockSize = this.blockSize;
    const block = this.block;
    let used = <i32>this.total & (blockSize - 1);
    store<u8>(block + used++, 0x80);
    if (used > blockSize - this.wordSize * 2) {
      memory.fill(block + used, 0, blockSize - used);
      this.compress(this.state, block, 1);
      used = 0;
    }
    memory.fill(block + used, 0, blockSize - used);
    this.storeLength(block + blockSize - 8, this.total << 3);
    this.compress(this.state, block, 1);
    // The state is in words of this machine, little endian: of 8 bytes, the upper half comes second.
    const half = this.wordSize - 4;
    for (let at = 0; at < this.digestSize; at += 4) {
      store<u32>(into + at, bswap(load<u32>(this.state + (at ^ half))));
    }
  }

  /** Folds `count` whole blocks at `ptr` into the state. */
  protected abstract compress(state: usize, ptr: usize, count: i32): void;

  /** Writes the length at the end of the last block, in its last 8 bytes. */
  protected storeLength(at: usize, bits: u64): void {
    store<u64>(at, bswap(bits));
  }

  private get state(): usize {
    return changetype<usize>(this.room);
  }

  private get block(): usize {
    return changetype<usize>(this.room) + 64;
  }
}
