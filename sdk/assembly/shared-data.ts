// Data that all VMs with the same vm_id share, on every thread; in memory only, for the life of the process.
import { Status } from "./abi";
import { Context } from "./contexts";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outSize, take } from "./memory";
import { decode, first } from "./text";

/** Where the host writes the compare-and-swap number. */
const CAS = memory.data(4, 4);

/** No value has this number: a key that was never set takes it, one that somebody has set meanwhile does not. */
const NOBODYS: u32 = u32.MAX_VALUE;

/** Attempts of `SharedData.update` before it gives up. */
const ATTEMPTS = 16;

export class SharedData {
  /** The value of a key; null when it was never set. Data cannot be deleted: set it to nothing. */
  static get(key: string): SharedValue | null {
    first().set(key);
    const status = host.proxy_get_shared_data(first().ptr, first().length, outPtr(), outSize(), CAS);
    if (status == Status.Ok) return new SharedValue(take(), load<u32>(CAS));
    if (status != Status.NotFound) unexpected("proxy_get_shared_data", status);
    return null;
  }

  /**
   * Sets a key; with the `cas` of a value read before, only if nobody else has since. CasMismatch: somebody has, read
   * again. A key that was never set takes any `cas`.
   */
  static set(key: string, value: ArrayBuffer, cas: u32 = 0): Status {
    first().set(key);
    const data = changetype<usize>(value);
    return host.proxy_set_shared_data(first().ptr, first().length, data, value.byteLength, cas);
  }

  /**
   * Reads a key, lets `change` make its new value (null leaves it), and writes it unless somebody else was faster; then
   * once more from the start, at most 16 times. CasMismatch: not written even then.
   */
  static update<T extends Context>(
    key: string,
    owner: T,
    change: (owner: T, now: SharedValue | null) => ArrayBuffer | null,
  ): Status {
    let status = Status.CasMismatch;
    for (let i = 0; i < ATTEMPTS && status == Status.CasMismatch; ++i) {
      const now = SharedData.get(key);
      const value = change(owner, now);
      if (value === null) return Status.Ok;
      status = SharedData.set(key, value, now === null ? NOBODYS : now.cas);
    }
    return status;
  }
}

/** A value as it was when it was read. */
export class SharedValue {
  constructor(
    readonly bytes: ArrayBuffer,
    /** Changes with every write. */
    readonly cas: u32,
  ) {}

  text(): string {
    return decode(this.bytes);
  }
}
