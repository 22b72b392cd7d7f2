// HMAC (RFC 2104, FIPS 198-1) over any Hash.
import { Hash } from "./hash";

/** A key made ready once: the two hashes after their first block (RFC 2104 section 4), not the key itself. */
export class HmacKey {
  readonly inner: Hash;
  readonly outer: Hash;

  /** `new HmacKey(key, () => new Sha256())`: the algorithm, and with it the code, is the caller's choice. */
  constructor(
    key: ArrayBuffer,
    readonly create: () => Hash,
  ) {
    const inner = create();
    const outer = create();
    const block = new ArrayBuffer(inner.blockSize);
    const ptr = changetype<usize>(block);
    if (key.byteLength > block.byteLength) {
      inner.update(changetype<usize>(key), key.byteLength);
      inner.digest(ptr);
      inner.reset();
    } else {
      memory.copy(ptr, changetype<usize>(key), key.byteLength);
    }
    mask(ptr, block.byteLength, 0x36);
    inner.update(ptr, block.byteLength);
    mask(ptr, block.byteLength, 0x36 ^ 0x5c);
    outer.update(ptr, block.byteLength);
    memory.fill(ptr, 0, block.byteLength);
    this.inner = inner;
    this.outer = outer;
  }
}

/** A MAC over any number of pieces. One object can be used for many messages, one after the other. */
export class Hmac {
  private readonly hash: Hash;

  constructor(private key: HmacKey) {
    this.hash = key.create();
    this.begin(key);
  }

  get size(): i32 {
    return this.hash.digestSize;
  }

  /** Starts over, with the same key or another one of the same algorithm. */
  begin(key: HmacKey): void {
    this.key = key;
    this.hash.copyFrom(key.inner);
  }

  update(ptr: usize, size: i32): void {
    this.hash.update(ptr, size);
  }

  /** Writes the MAC, `size` bytes, to `into`. `begin` before it is used again. */
  digest(into: usize): void {
    const hash = this.hash;
    hash.digest(innerRoom());
    hash.copyFrom(this.key.outer);
    hash.update(innerRoom(), hash.digestSize);
    hash.digest(into);
  }
}

function mask(ptr: usize, size: i32, byte: i32): void {
  for (let i = 0; i < size; ++i) store<u8>(ptr + i, load<u8>(ptr + i) ^ byte);
}

/** Room for the inner digest while the outer hash reads it. */
function innerRoom(): usize {
  return memory.data(64);
}
