// The MAC of one request's body, computed while it comes in, beside the one the client claims.
import { BufferKind, BufferReader } from "@proxy-wasm-kit/sdk";
import { equal, Hmac, HmacKey } from "@proxy-wasm-kit/sdk/crypto";

/** Bytes of an HMAC-SHA256. */
export const MAC_SIZE = 32;

/** Where the MAC of the body is written to. */
const COMPUTED = memory.data(MAC_SIZE);

/** Used for one request after the other. */
export class Verification {
  private hmac: Hmac;
  private reader: BufferReader = new BufferReader(BufferKind.HttpRequestBody, 0);
  /** A base64 text of 44 digits may decode to one byte more than a MAC. */
  private signature: StaticArray<u8> = new StaticArray<u8>(MAC_SIZE + 1);
  /** The next one that waits to be used again. */
  next: Verification | null = null;
  /** Bytes of the body hashed so far. */
  private hashed: i32 = 0;

  constructor(key: HmacKey) {
    this.hmac = new Hmac(key);
  }

  /** Where the client's MAC is written to. */
  get claimed(): usize {
    return changetype<usize>(this.signature);
  }

  get isEmpty(): bool {
    return this.hashed == 0;
  }

  /** Begins anew, for another request. */
  begin(key: HmacKey): void {
    this.hmac.begin(key);
    this.hashed = 0;
  }

  /** Hashes what the host has of the body and has not been hashed yet, piece by piece; nothing of it is kept. */
  readBody(): void {
    const reader = this.reader;
    reader.seek(this.hashed);
    while (reader.next()) {
      this.hmac.update(reader.ptr, reader.length);
      this.hashed += reader.length;
    }
  }

  /** Whether the body's MAC is the one claimed, in a time that does not depend on where they differ. */
  matches(): bool {
    this.hmac.digest(COMPUTED);
    return equal(COMPUTED, this.claimed, MAC_SIZE);
  }
}
