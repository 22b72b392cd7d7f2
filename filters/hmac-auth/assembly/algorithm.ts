// The hashes a configuration can name; a sender never chooses one.
import { Hash, HmacKey, Md5, Sha1, Sha256, Sha384, Sha512 } from "@proxy-wasm-kit/sdk/crypto";

export enum Algorithm {
  Sha1,
  Sha256,
  Sha384,
  Sha512,
  /** Of bodies only: no configuration can name it, and there are no keys for it. */
  Md5,
}

/** As the configuration has them, by `Algorithm`. */
export const ALGORITHM_NAMES: StaticArray<string> = ["sha1", "sha256", "sha384", "sha512"];

/** Bytes of the largest digest. */
export const MAX_DIGEST = 64;

export function createHash(algorithm: Algorithm): Hash {
  if (algorithm == Algorithm.Sha1) return new Sha1();
  if (algorithm == Algorithm.Md5) return new Md5();
  if (algorithm == Algorithm.Sha384) return new Sha384();
  return algorithm == Algorithm.Sha512 ? new Sha512() : new Sha256();
}

export function createMacKey(algorithm: Algorithm, key: ArrayBuffer): HmacKey {
  if (algorithm == Algorithm.Sha1) return new HmacKey(key, () => new Sha1());
  if (algorithm == Algorithm.Sha384) return new HmacKey(key, () => new Sha384());
  if (algorithm == Algorithm.Sha512) return new HmacKey(key, () => new Sha512());
  return new HmacKey(key, () => new Sha256());
}

export function digestSize(algorithm: Algorithm): i32 {
  if (algorithm == Algorithm.Md5) return 16;
  if (algorithm == Algorithm.Sha1) return 20;
  if (algorithm == Algorithm.Sha256) return 32;
  return algorithm == Algorithm.Sha384 ? 48 : 64;
}
