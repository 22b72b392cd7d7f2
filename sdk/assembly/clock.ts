// The wall clock. Envoy reads it with microsecond granularity.
import { Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outU64 } from "./memory";

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
}
