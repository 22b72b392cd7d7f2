// What a rule of a canonical scheme says besides its name. Read by config/canonical.ts.
import { isBytes } from "../bytes";
import { Consumer } from "../key";

export class CanonicalOptions {
  constructor(
    readonly consumers: StaticArray<Consumer>,
    /** As the configuration has them; null: the scheme's own. Never empty. */
    readonly requiredComponents: StaticArray<string> | null,
    /** A body must be covered by a digest that is signed. */
    readonly validatesBody: bool,
    /** A bit, `1 << algorithm`, for each `Algorithm`. */
    readonly allowedAlgorithms: u32,
    /** 0: the scheme's own. */
    readonly toleranceMs: i64,
    /** Scheme and authority that clients sign; empty: the request's. */
    readonly publicBaseUrl: ArrayBuffer,
    /** Of aws-sigv4; empty in the others. */
    readonly region: ArrayBuffer,
    readonly service: ArrayBuffer,
  ) {}

  isAllowed(algorithm: i32): bool {
    return ((this.allowedAlgorithms >> algorithm) & 1) != 0;
  }

  /** Who has this key id; null when nobody has. */
  consumerOf(keyId: usize, size: i32): Consumer | null {
    for (let i = 0; i < this.consumers.length; ++i) {
      const consumer = unchecked(this.consumers[i]);
      if (isBytes(keyId, size, consumer.keyId)) return consumer;
    }
    return null;
  }
}
