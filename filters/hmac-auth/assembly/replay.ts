// Which requests were let through already, in the data that all threads of the proxy share: a table of a fixed number of
// shards of a fixed size each, the oldest entry goes first. It holds for one process, not for its replicas.
import { clock, log, Path, property, SharedData, Status } from "@proxy-wasm-kit/sdk";
import { FINGERPRINT_SIZE } from "./attempt";
import { same } from "./bytes";

const SHARDS = 256;
const ENTRIES = 256;

/** The fingerprint, then the millisecond it was seen at (u64). */
const ENTRY = FINGERPRINT_SIZE + 8;

/** Of a shard that nobody has written: whoever writes first wins. */
const NOBODYS: u32 = u32.MAX_VALUE;

/** Attempts before a shard that others keep writing is given up. */
const ATTEMPTS = 16;

export class ReplayStore {
  private prefix: string;

  constructor(
    ruleId: string,
    private windowMs: u64,
  ) {
    const plugin = property.text(Path.of("plugin_name"));
    this.prefix = "hmac_auth.replay." + (plugin === null ? "" : plugin) + "." + ruleId + ".";
  }

  /** Whether the fingerprint is new within the window; it is then remembered. Without a clock nothing is new. */
  admit(fingerprint: usize): bool {
    const now = clock.nowNs() / 1_000_000;
    if (now == 0) return false;
    const key = this.prefix + (load<u8>(fingerprint) % SHARDS).toString();
    for (let i = 0; i < ATTEMPTS; ++i) {
      const shard = SharedData.get(key);
      const before = shard === null ? new ArrayBuffer(0) : shard.bytes;
      const after = this.withEntry(before, fingerprint, now);
      if (after === null) return false;
      const status = SharedData.set(key, after, shard === null ? NOBODYS : shard.cas);
      if (status == Status.Ok) return true;
      if (status != Status.CasMismatch) break;
    }
    log.error("hmac-auth: the replay store cannot be written");
    return false;
  }

  /** The shard with this entry in the place of a free one or of the oldest; null when it is there already. */
  private withEntry(shard: ArrayBuffer, fingerprint: usize, now: u64): ArrayBuffer | null {
    const size = ENTRY * ENTRIES;
    const copy = new ArrayBuffer(size);
    const table = changetype<usize>(copy);
    memory.copy(table, changetype<usize>(shard), min(shard.byteLength, size));
    let oldest = table;
    for (let entry = table; entry < table + size; entry += ENTRY) {
      const seen = load<u64>(entry, FINGERPRINT_SIZE);
      if (seen != 0 && seen + this.windowMs >= now && same(entry, fingerprint, FINGERPRINT_SIZE)) return null;
      if (seen < load<u64>(oldest, FINGERPRINT_SIZE)) oldest = entry;
    }
    memory.copy(oldest, fingerprint, FINGERPRINT_SIZE);
    store<u64>(oldest, now, FINGERPRINT_SIZE);
    return copy;
  }
}
