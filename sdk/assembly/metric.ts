// Metrics. Envoy shows them as `wasmcustom.<name>`; Prometheus sees the name alone. Values are shared by all threads.
import { MetricKind, Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outU32, outU64 } from "./memory";
import { first } from "./text";

/** A number that only grows. */
export class Counter {
  /** Defines it, or finds it when it is defined already. A name must come from configuration, never from a request. */
  static define(name: string): Counter {
    first().set(name);
    const status = host.proxy_define_metric(MetricKind.Counter, first().ptr, first().length, outPtr());
    if (status == Status.Ok) return new Counter(outU32());
    unexpected("proxy_define_metric", status);
    return new Counter(0);
  }

  private constructor(private id: u32) {}

  /** Adds `by`; adding nothing does nothing (Envoy would answer BadArgument). */
  increment(by: u32 = 1): void {
    if (by == 0 || this.id == 0) return;
    const status = host.proxy_increment_metric(this.id, by);
    if (status != Status.Ok) unexpected("proxy_increment_metric", status);
  }

  get value(): u64 {
    return host.proxy_get_metric(this.id, outPtr()) == Status.Ok ? outU64() : 0;
  }
}
