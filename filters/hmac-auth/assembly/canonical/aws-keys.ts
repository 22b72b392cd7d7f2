// Keys of AWS's: from a secret, one for each day, region and service, by four MACs one inside the other. Those of the last
// two days that were asked for are kept.
import { Hmac, HmacKey, Sha256 } from "@proxy-wasm-kit/sdk/crypto";
import { Algorithm } from "../algorithm";
import { Consumer, Key } from "../key";

export class AwsHolder {
  /** "AWS4<secret>" each. */
  private bases: StaticArray<HmacKey>;
  private latest: StaticArray<Key> = [];
  private former: StaticArray<Key> = [];
  /** Eight digits each. */
  private latestDay: u64 = 0;
  private formerDay: u64 = 0;

  constructor(
    readonly consumer: Consumer,
    private region: ArrayBuffer,
    private service: ArrayBuffer,
  ) {
    const secrets = consumer.secrets;
    const bases = new StaticArray<HmacKey>(secrets.length);
    for (let i = 0; i < secrets.length; ++i) unchecked((bases[i] = baseOf(secrets[i].bytes)));
    this.bases = bases;
  }

  /** For the day whose eight digits are at `day`; newest first. */
  keysOf(day: usize): StaticArray<Key> {
    const digits = load<u64>(day);
    if (digits == this.latestDay) return this.latest;
    if (digits == this.formerDay) return this.former;
    const keys = new StaticArray<Key>(this.bases.length);
    for (let i = 0; i < keys.length; ++i) unchecked((keys[i] = this.derive(i, day)));
    // Requests go on from one day to the next; the one before is still fresh for a while.
    this.former = this.latest;
    this.formerDay = this.latestDay;
    this.latest = keys;
    this.latestDay = digits;
    return keys;
  }

  private derive(index: i32, day: usize): Key {
    const ofDay = macOf(unchecked(this.bases[index]), day, 8);
    const ofRegion = next(ofDay, this.region);
    const ofService = next(ofRegion, this.service);
    const id = unchecked(this.consumer.secrets[index]).id;
    return new Key(id, Algorithm.Sha256, next(ofService, String.UTF8.encode("aws4_request")));
  }
}

function baseOf(secret: ArrayBuffer): HmacKey {
  const key = new ArrayBuffer(secret.byteLength + 4);
  const ptr = changetype<usize>(key);
  // "AWS4"
  store<u32>(ptr, 0x34535741);
  memory.copy(ptr + 4, changetype<usize>(secret), secret.byteLength);
  return readyKey(key);
}

function next(key: ArrayBuffer, text: ArrayBuffer): ArrayBuffer {
  return macOf(readyKey(key), changetype<usize>(text), text.byteLength);
}

function readyKey(key: ArrayBuffer): HmacKey {
  return new HmacKey(key, () => new Sha256());
}

function macOf(key: HmacKey, ptr: usize, size: i32): ArrayBuffer {
  const mac = new Hmac(key);
  const result = new ArrayBuffer(32);
  mac.update(ptr, size);
  mac.digest(changetype<usize>(result));
  return result;
}
