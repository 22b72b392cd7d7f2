// Who may sign by a canonical scheme: each consumer with its keys, ready for every algorithm that it may use.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { equal } from "@proxy-wasm-kit/sdk/crypto";
import { ALGORITHM_NAMES, Algorithm, digestSize } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { isBytes } from "../bytes";
import { Consumer, Key } from "../key";
import { CanonicalOptions } from "./options";

export class Holder {
  /** By `Algorithm`, newest first; null: it may not be used. */
  private byAlgorithm: StaticArray<StaticArray<Key> | null> = new StaticArray<StaticArray<Key> | null>(
    ALGORITHM_NAMES.length,
  );
  /** One for each secret: what is counted. */
  counted: StaticArray<Key> = [];

  constructor(
    readonly consumer: Consumer,
    options: CanonicalOptions,
  ) {
    let counted: StaticArray<Key> | null = null;
    for (let algorithm = 0; algorithm < ALGORITHM_NAMES.length; ++algorithm) {
      const isOwn = consumer.algorithm < 0 || consumer.algorithm == algorithm;
      if (!isOwn || !options.isAllowed(algorithm)) continue;
      const keys = keysOf(consumer, algorithm);
      unchecked((this.byAlgorithm[algorithm] = keys));
      if (counted === null) counted = keys;
    }
    if (counted === null) counted = keysOf(consumer, Algorithm.Sha256);
    this.counted = counted;
  }

  /** Whether the configuration allows it, and it is the consumer's own when that has one. */
  mayUse(algorithm: i32): bool {
    return algorithm >= 0 && unchecked(this.byAlgorithm[algorithm]) !== null;
  }

  /** For requests that name no algorithm: the consumer's own, or sha256 before others; -1 when none is allowed. */
  get usual(): i32 {
    if (this.mayUse(Algorithm.Sha256)) return Algorithm.Sha256;
    for (let algorithm = ALGORITHM_NAMES.length - 1; algorithm >= 0; --algorithm) {
      if (this.mayUse(algorithm)) return algorithm;
    }
    return -1;
  }

  /** What signs, where this consumer does. */
  newest(algorithm: i32): Key | null {
    if (algorithm < 0) return null;
    const keys = unchecked(this.byAlgorithm[algorithm]);
    if (keys === null || keys.length == 0) return null;
    return unchecked(keys[0]);
  }

  /** Whether one of the keys makes this MAC over three runs of bytes; `claimed` has as many bytes as the digest. */
  verify(
    attempt: Attempt,
    algorithm: Algorithm,
    text: StringBuilder,
    ptr: usize,
    size: i32,
    tail: StringBuilder,
    claimed: usize,
  ): bool {
    const keys = unchecked(this.byAlgorithm[algorithm]);
    if (keys === null) return false;
    for (let i = 0; i < keys.length; ++i) {
      attempt.macOf(unchecked(keys[i]), text, ptr, size, tail, computedRoom());
      // By the newest key whichever is right, so that the same request stays the same while keys change.
      if (i == 0) attempt.setFingerprint(computedRoom());
      if (!equal(computedRoom(), claimed, digestSize(algorithm))) continue;
      attempt.key = unchecked(this.counted[i]);
      attempt.consumer = this.consumer;
      return true;
    }
    return false;
  }
}

export class KeyTable {
  /** One for each secret of each consumer. */
  readonly keys: StaticArray<Key>;
  private holders: StaticArray<Holder>;

  constructor(options: CanonicalOptions) {
    const consumers = options.consumers;
    const holders = new StaticArray<Holder>(consumers.length);
    let count = 0;
    for (let i = 0; i < consumers.length; ++i) {
      const holder = new Holder(unchecked(consumers[i]), options);
      unchecked((holders[i] = holder));
      count += holder.counted.length;
    }
    const keys = new StaticArray<Key>(count);
    count = 0;
    for (let i = 0; i < holders.length; ++i) {
      const counted = unchecked(holders[i]).counted;
      for (let k = 0; k < counted.length; ++k) unchecked((keys[count++] = counted[k]));
    }
    this.holders = holders;
    this.keys = keys;
  }

  /** Who signs. */
  get first(): Holder | null {
    if (this.holders.length == 0) return null;
    return unchecked(this.holders[0]);
  }

  /** Whose id it is; null when nobody's. */
  find(keyId: usize, size: i32): Holder | null {
    for (let i = 0; i < this.holders.length; ++i) {
      const holder = unchecked(this.holders[i]);
      if (isBytes(keyId, size, holder.consumer.keyId)) return holder;
    }
    return null;
  }
}

function keysOf(consumer: Consumer, algorithm: Algorithm): StaticArray<Key> {
  const secrets = consumer.secrets;
  const keys = new StaticArray<Key>(secrets.length);
  for (let i = 0; i < secrets.length; ++i) {
    const secret = unchecked(secrets[i]);
    unchecked((keys[i] = new Key(secret.id, algorithm, secret.bytes)));
  }
  return keys;
}
