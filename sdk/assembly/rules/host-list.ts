// A list of hosts in a configuration: `["a.com", "*.b.com", "[::1]"]`.
import { ConfigReader } from "../json/config-reader";
import { hostMatches, hostSize, lowerHostPattern } from "./host";
import { readTexts } from "./texts";

export class HostList {
  /** The hosts of a key; null when it is not there. `good` may ask for more than `lowerHostPattern`, which it calls. */
  static read(
    reader: ConfigReader,
    key: string,
    good: (ptr: usize, size: i32) => bool = lowerHostPattern,
    expected: string = 'a host such as "a.com" or "*.a.com"',
  ): HostList | null {
    const patterns = readTexts(reader, key, good, expected);
    if (patterns === null) return null;
    return new HostList(patterns);
  }

  private constructor(private patterns: StaticArray<ArrayBuffer>) {}

  /** Whether one of them is the host of an authority, whatever its port and case. */
  hasHostOf(authority: usize, size: i32): bool {
    return this.has(authority, hostSize(authority, size));
  }

  /** As `hasHostOf`, for a host without port. */
  has(host: usize, size: i32): bool {
    const patterns = this.patterns;
    for (let i = 0; i < patterns.length; ++i) if (hostMatches(unchecked(patterns[i]), host, size)) return true;
    return false;
  }
}
