// The module that crypto.test.ts drives: hashes and MACs over bytes that the test puts into memory.
import {
  Base64Alphabet,
  decodeBase64,
  decodeHex,
  decodeLowerHex,
  equal,
  Hash,
  Hmac,
  HmacKey,
  Md5,
  Sha1,
  Sha256,
  Sha384,
  Sha512,
} from "../../crypto";

export function alloc(size: i32): usize {
  return heap.alloc(size);
}

/** Bits of the digest choose the hash: 128, 160, 256, 384, 512. */
function create(bits: i32): Hash {
  if (bits == 128) return new Md5();
  if (bits == 160) return new Sha1();
  if (bits == 256) return new Sha256();
  if (bits == 384) return new Sha384();
  return new Sha512();
}

/** Hashes in pieces of `piece` bytes (the last one shorter). */
export function digest(bits: i32, ptr: usize, size: i32, piece: i32, into: usize): void {
  const hash = create(bits);
  for (let at = 0; at < size; at += piece) hash.update(ptr + at, min(piece, size - at));
  hash.digest(into);
}

let running: Hash = create(256);

/** A hash over pieces of any size: begins, goes on, ends. */
export function begin(bits: i32): void {
  running = create(bits);
}

export function update(ptr: usize, size: i32): void {
  running.update(ptr, size);
}

export function end(into: usize): void {
  running.digest(into);
}

export function mac(bits: i32, keyPtr: usize, keySize: i32, ptr: usize, size: i32, into: usize): void {
  const key = new ArrayBuffer(keySize);
  memory.copy(changetype<usize>(key), keyPtr, keySize);
  const ready =
    bits == 128
      ? new HmacKey(key, () => new Md5())
      : bits == 160
        ? new HmacKey(key, () => new Sha1())
        : bits == 256
          ? new HmacKey(key, () => new Sha256())
          : bits == 384
            ? new HmacKey(key, () => new Sha384())
            : new HmacKey(key, () => new Sha512());
  const hmac = new Hmac(ready);
  // A first message shows that one object serves many.
  hmac.update(keyPtr, keySize);
  hmac.digest(into);
  hmac.begin(ready);
  hmac.update(ptr, size);
  hmac.digest(into);
}

/** `format`: 0 lower-case hex, 1 hex, 2 base64, 3 base64url. */
export function decode(format: i32, ptr: usize, size: i32, into: usize): i32 {
  if (format == 0) return decodeLowerHex(ptr, size, into);
  if (format == 1) return decodeHex(ptr, size, into);
  return decodeBase64(ptr, size, into, format == 2 ? Base64Alphabet.Standard : Base64Alphabet.Url);
}

export { equal };
