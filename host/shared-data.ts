/** Values shared by all VMs of one `vm_id`. Source: proxy-wasm-cpp-host src/shared_data.cc. */
import { Status } from "./abi.ts";
import type { ByteString } from "./byte-string.ts";

export interface SharedValue {
  readonly value: Uint8Array;
  /** Changes with every write; 0 is never one. */
  readonly cas: number;
}

export class SharedData {
  readonly #values = new Map<ByteString, Map<ByteString, SharedValue>>();
  #nextCas = 1;

  get(vmId: ByteString, key: ByteString): SharedValue | null {
    return this.#values.get(vmId)?.get(key) ?? null;
  }

  /** `cas` 0 writes whatever there is; a new key ignores it. Results: Ok; CasMismatch. */
  set(vmId: ByteString, key: ByteString, value: Uint8Array, cas: number): Status {
    const values = this.#values.get(vmId) ?? new Map<ByteString, SharedValue>();
    this.#values.set(vmId, values);
    const present = values.get(key);
    if (present !== undefined && cas !== 0 && cas !== present.cas) return Status.CasMismatch;
    values.set(key, { value, cas: this.#nextCas++ });
    return Status.Ok;
  }
}
