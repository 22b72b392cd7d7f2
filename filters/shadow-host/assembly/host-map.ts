// Other hosts for mirrored requests: `{"from": "*.prod.example.com", "to": "*.staging.example.com:8080"}`.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { hostMatches, hostSize } from "@proxy-wasm-kit/sdk/rules";
import { portStart } from "./suffix";

export class HostMapping {
  constructor(
    /** In lower case; with "*." before it for a label or more, or "*" alone for every host. */
    readonly from: ArrayBuffer,
    /** What stands before "*", or all; and what stands behind it. */
    readonly before: ArrayBuffer,
    readonly after: ArrayBuffer,
    readonly hasStar: bool,
    readonly hasPort: bool,
  ) {}

  matches(host: usize, size: i32): bool {
    // Nothing can stand before or behind an IPv6 address.
    if (this.hasStar && size != 0 && load<u8>(host) == 0x5b) return false;
    return hostMatches(this.from, host, size);
  }
}

export class HostMap {
  constructor(private mappings: StaticArray<HostMapping>) {}

  /** The authority in the place of this one, by the first mapping of its host; null when there is none. */
  apply(authority: StringBuilder): ArrayBuffer | null {
    const ptr = authority.ptr;
    const size = hostSize(ptr, authority.length);
    const mappings = this.mappings;
    for (let i = 0; i < mappings.length; ++i) {
      const mapping = unchecked(mappings[i]);
      if (!mapping.matches(ptr, size)) continue;
      const made = new StringBuilder().appendBuffer(mapping.before);
      if (mapping.hasStar) made.appendBytes(ptr, size - mapping.from.byteLength + 1).appendBuffer(mapping.after);
      const port = portStart(ptr, authority.length);
      if (!mapping.hasPort) made.appendBytes(ptr + port, authority.length - port);
      return made.toBuffer();
    }
    return null;
  }
}
