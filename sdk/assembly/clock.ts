// The clocks. Envoy reads the wall clock with microsecond granularity.
import { Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outU64 } from "./memory";
import { clock_time_get } from "./wasi_snapshot_preview1";

/** WASI's number of the clock that is never set. */
const MONOTONIC = 1;

export namespace clock {
  /** Nanoseconds since 1970-01-01T00:00:00Z; 0 when the host has no clock. */
  export function nowNs(): u64 {
    const status = host.proxy_get_current_time_nanoseconds(outPtr());
    if (status == Status.Ok) return outU64();
    unexpected("proxy_get_current_time_nanoseconds", status);
    return 0;
  }

  /** Whole seconds since 1970-01-01T00:00:00Z; 0 when the host has no clock. */
  export function nowSeconds(): u64 {
    return nowNs() / 1_000_000_000;
  }

  /** Nanoseconds since some moment; it never goes back, so differences are durations. 0 when the host has no such clock. */
  export function monotonicNs(): u64 {
    return clock_time_get(MONOTONIC, 0, outPtr()) == 0 ? outU64() : 0;
  }
}
