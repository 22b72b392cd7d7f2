// What is known of one request until its verdict: texts, claimed signatures, running MAC and digests of the body. One object
// serves one request after the other, so that a request allocates nothing.
import { BufferKind, BufferReader, StringBuilder } from "@proxy-wasm-kit/sdk";
import { equal, Hash, Hmac } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, createHash, digestSize, MAX_DIGEST } from "./algorithm";
import { Claims } from "./claims";
import { Consumer, Key } from "./key";

/** Bytes of a MAC that tell a request from another. */
export const FINGERPRINT_SIZE = 16;

/** The digest that the body must have. */
class ExpectedDigest {
  isActive: bool = false;
  readonly expected: StaticArray<u8> = new StaticArray<u8>(MAX_DIGEST);
  readonly hash: Hash;

  constructor(algorithm: Algorithm) {
    this.hash = createHash(algorithm);
  }
}

export class Attempt {
  /** The body takes part in the verdict, which is given when all of it is there. */
  wantsBody: bool = false;
  /** What was signed before the body, and behind it; the same with the other form of the URL when there are two. */
  readonly text: StringBuilder = new StringBuilder();
  readonly tail: StringBuilder = new StringBuilder();
  readonly otherText: StringBuilder = new StringBuilder();
  readonly otherTail: StringBuilder = new StringBuilder();
  readonly claims: Claims = new Claims();
  /** The value of the header to set, in `mode: sign`. */
  readonly output: StringBuilder = new StringBuilder();
  /** The body is a form, whose pairs are signed in the place of its bytes. */
  isForm: bool = false;
  /** Of the body, so far. */
  bodyBytes: i32 = 0;
  /** Whose signature it is: set by the scheme; the key when the MAC is right, the consumer when its id is known. */
  key: Key | null = null;
  consumer: Consumer | null = null;
  /** The next one that waits to be used again. */
  next: Attempt | null = null;

  private macs: StaticArray<Hmac | null> = new StaticArray<Hmac | null>(4);
  private mac: Hmac | null = null;
  private digests: StaticArray<ExpectedDigest | null> = new StaticArray<ExpectedDigest | null>(Algorithm.Md5 + 1);
  private hasDigests: bool = false;
  private reader: BufferReader = new BufferReader(BufferKind.HttpRequestBody, 0);
  private fingerprintRoom: StaticArray<u8> = new StaticArray<u8>(FINGERPRINT_SIZE);

  /** Begins anew, for another request. */
  start(): void {
    this.wantsBody = false;
    this.isForm = false;
    this.bodyBytes = 0;
    this.key = null;
    this.consumer = null;
    this.mac = null;
    this.claims.clear();
    if (!this.hasDigests) return;
    this.hasDigests = false;
    for (let i = 0; i < this.digests.length; ++i) {
      const digest = unchecked(this.digests[i]);
      if (digest !== null) digest.isActive = false;
    }
  }

  /** From now on the MAC by this key runs over `text`, and over the body as it comes. */
  beginMac(key: Key, text: StringBuilder): void {
    const mac = this.macFor(key);
    if (text.length != 0) mac.update(text.ptr, text.length);
    this.mac = mac;
  }

  /** Ends the running MAC with `tail`; writes it to `into`. */
  endMac(tail: StringBuilder, into: usize): void {
    const mac = this.mac!;
    this.mac = null;
    if (tail.length != 0) mac.update(tail.ptr, tail.length);
    mac.digest(into);
  }

  /** The MAC by this key over `text`, the whole body read again, and `tail`; false when it is no longer the same size. */
  macOfBody(key: Key, text: StringBuilder, tail: StringBuilder, into: usize): bool {
    const mac = this.macFor(key);
    mac.update(text.ptr, text.length);
    const reader = this.reader;
    let size = 0;
    reader.seek(0);
    while (reader.next()) {
      mac.update(reader.ptr, reader.length);
      size += reader.length;
    }
    mac.update(tail.ptr, tail.length);
    mac.digest(into);
    return size == this.bodyBytes;
  }

  /** The MAC by this key over three runs of bytes. */
  macOf(key: Key, text: StringBuilder, ptr: usize, size: i32, tail: StringBuilder, into: usize): void {
    const mac = this.macFor(key);
    mac.update(text.ptr, text.length);
    mac.update(ptr, size);
    mac.update(tail.ptr, tail.length);
    mac.digest(into);
  }

  /** The body must have this digest (as many bytes as the algorithm's); checked by `digestsMatch`. */
  expectDigest(algorithm: Algorithm, expected: usize): void {
    let digest = unchecked(this.digests[algorithm]);
    if (digest === null) {
      digest = new ExpectedDigest(algorithm);
      unchecked((this.digests[algorithm] = digest));
    }
    digest.isActive = true;
    digest.hash.reset();
    memory.copy(changetype<usize>(digest.expected), expected, digestSize(algorithm));
    this.hasDigests = true;
  }

  get expectsDigest(): bool {
    return this.hasDigests;
  }

  /** Whether the body, now complete, has every digest that was expected. */
  digestsMatch(): bool {
    if (!this.hasDigests) return true;
    let match = true;
    for (let i = 0; i < this.digests.length; ++i) {
      const digest = unchecked(this.digests[i]);
      if (digest === null || !digest.isActive) continue;
      digest.hash.digest(computedRoom());
      if (!equal(computedRoom(), changetype<usize>(digest.expected), digest.hash.digestSize)) match = false;
    }
    return match;
  }

  /**
   * Reads what the host has of the body and was not read yet, piece by piece; nothing of it is kept. False when that does
   * not end at `size`, as the host has announced: what was not hashed must not pass.
   */
  readBody(size: i32): bool {
    // A filter before this one has cut what was hashed.
    if (size < this.bodyBytes) return false;
    const mac = this.mac;
    if (mac === null && !this.hasDigests) {
      this.bodyBytes = size;
      return true;
    }
    const reader = this.reader;
    reader.seek(this.bodyBytes);
    // Each host call counts in a short request, so none is made to hear that there is no more behind a short piece.
    let hasMore = this.bodyBytes < size;
    while (hasMore && reader.next()) {
      if (mac !== null) mac.update(reader.ptr, reader.length);
      if (this.hasDigests) this.updateDigests(reader.ptr, reader.length);
      this.bodyBytes += reader.length;
      hasMore = !reader.isLast;
    }
    return this.bodyBytes == size;
  }

  /** What tells this request from others: the first bytes of a MAC that was computed, never the text of a header. */
  setFingerprint(mac: usize): void {
    store<u64>(this.fingerprint, load<u64>(mac));
    store<u64>(this.fingerprint, load<u64>(mac, 8), 8);
  }

  get fingerprint(): usize {
    return changetype<usize>(this.fingerprintRoom);
  }

  /** One MAC for each algorithm that was ever needed. */
  private macFor(key: Key): Hmac {
    const known = unchecked(this.macs[key.algorithm]);
    if (known !== null) {
      known.begin(key.mac);
      return known;
    }
    const made = new Hmac(key.mac);
    unchecked((this.macs[key.algorithm] = made));
    return made;
  }

  private updateDigests(ptr: usize, size: i32): void {
    for (let i = 0; i < this.digests.length; ++i) {
      const digest = unchecked(this.digests[i]);
      if (digest !== null && digest.isActive) digest.hash.update(ptr, size);
    }
  }
}

/** Room for a digest or MAC that was just computed. */
export function computedRoom(): usize {
  return memory.data(MAX_DIGEST);
}
