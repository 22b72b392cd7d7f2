// Metrics. Envoy shows them as `wasmcustom.<name>`; Prometheus sees the name alone. Values are shared by all threads.
// Names must come from configuration, never from a request: each name is kept for ever.
import { MetricKind, Status } from "./abi";
import * as host from "./env";
import { unexpected } from "./log";
import { outPtr, outU32, outU64 } from "./memory";
import { first } from "./text";

/** A number that only grows. */
export class Counter {
  /** Defines it, or finds it when it is defined already. */
  static define(name: string): Counter {
    return new Counter(define(MetricKind.Counter, name));
  }

  private constructor(private id: u32) {}

  /** Adds `by`; adding nothing does nothing (Envoy would answer BadArgument). */
  increment(by: u32 = 1): void {
    if (by != 0) add(this.id, by);
  }

  get value(): u64 {
    return read(this.id);
  }
}

/** A number that goes up and down. */
export class Gauge {
  static define(name: string): Gauge {
    return new Gauge(define(MetricKind.Gauge, name));
  }

  private constructor(private id: u32) {}

  /** Adds `by`, which may be negative; below 0 Envoy wraps around. */
  add(by: i64): void {
    add(this.id, by);
  }

  set(value: u64): void {
    record(this.id, value);
  }

  get value(): u64 {
    return read(this.id);
  }
}

/** The distribution of values. */
export class Histogram {
  static define(name: string): Histogram {
    return new Histogram(define(MetricKind.Histogram, name));
  }

  private constructor(private id: u32) {}

  record(value: u64): void {
    record(this.id, value);
  }
}

/** The metric's number; 0 when the host refuses it, and then nothing is counted. */
function define(kind: MetricKind, name: string): u32 {
  first().set(name);
  const status = host.proxy_define_metric(kind, first().ptr, first().length, outPtr());
  if (status == Status.Ok) return outU32();
  unexpected("proxy_define_metric", status);
  return 0;
}

function add(id: u32, by: i64): void {
  if (id == 0) return;
  const status = host.proxy_increment_metric(id, by);
  if (status != Status.Ok) unexpected("proxy_increment_metric", status);
}

function record(id: u32, value: u64): void {
  if (id == 0) return;
  const status = host.proxy_record_metric(id, value);
  if (status != Status.Ok) unexpected("proxy_record_metric", status);
}

function read(id: u32): u64 {
  return host.proxy_get_metric(id, outPtr()) == Status.Ok ? outU64() : 0;
}
