// Keys and who holds them. What is kept of a key is the state of its hashes, not the key itself.
import { HmacKey } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm, createMacKey } from "./algorithm";
import { LazyCounter } from "./metrics";

/** A key as it was read, for a scheme to make what it needs of it. */
export class Secret {
  constructor(
    readonly id: string,
    readonly bytes: ArrayBuffer,
  ) {}
}

/** A key ready for one algorithm. */
export class Key {
  /** Counts what it has verified; null in the two-field form. */
  verified: LazyCounter | null = null;
  readonly mac: HmacKey;

  constructor(
    readonly id: string,
    readonly algorithm: Algorithm,
    secret: ArrayBuffer,
  ) {
    this.mac = createMacKey(algorithm, secret);
  }

  /** It has verified one more request. */
  count(): void {
    const verified = this.verified;
    if (verified !== null) verified.increment();
  }
}

/** Who signs with keys of their own: of the canonical schemes, by the key id that the request names. */
export class Consumer {
  /** False when the rule's `allow` leaves it out. */
  isAllowed: bool = true;

  constructor(
    readonly name: string,
    readonly keyId: ArrayBuffer,
    /** Newest first. */
    readonly secrets: StaticArray<Secret>,
    /** An `Algorithm`; -1 when the consumer has none of its own. */
    readonly algorithm: i32,
  ) {}
}
