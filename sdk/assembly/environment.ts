// The VM's environment: `vm_config.environment_variables` (Envoy), read through WASI. Secrets reach a filter this way
// without standing in its configuration.
import { givenSize, outPtr, outSize, outU32 } from "./memory";
import { decode, first } from "./text";
import { environ_get, environ_sizes_get } from "./wasi_snapshot_preview1";

export namespace environment {
  /** The value of a variable; `null` when it is not set, or the host has no environment. */
  export function get(name: string): string | null {
    const value = find(String.UTF8.encode(name));
    return value === null ? null : decode(value);
  }

  /** As `get`, with the name and the value in UTF-8. */
  export function find(name: ArrayBuffer): ArrayBuffer | null {
    if (environ_sizes_get(outPtr(), outSize()) != 0) return null;
    const count = <i32>outU32();
    // Pointers to the entries, then the entries: "NAME=value\0".
    const entries = new ArrayBuffer(count * 4 + givenSize());
    const start = changetype<usize>(entries);
    if (environ_get(start, start + count * 4) != 0) return null;
    const end = start + entries.byteLength;
    first().clear().appendBytes(changetype<usize>(name), name.byteLength).appendByte(0x3d);
    for (let i = 0; i < count; ++i) {
      const entry = <usize>load<u32>(start + (i << 2));
      const value = entry + first().length;
      if (value >= end || !first().equals(entry, first().length)) continue;
      let stop = value;
      while (stop < end && load<u8>(stop) != 0) ++stop;
      return first()
        .clear()
        .appendBytes(value, <i32>(stop - value))
        .toBuffer();
    }
    return null;
  }
}
