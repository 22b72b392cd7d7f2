// The counters. Names come from the configuration only, and what never happens is not in the statistics.
import { Counter, Histogram } from "@proxy-wasm-kit/sdk";
import { REASON_NAMES, Reason } from "./reason";

/** So much is counted at once before a tick is needed. */
const AT_ONCE = 4096;

let atOnce = 0;
let pending: LazyCounter | null = null;

/** Whether something is counted that the host does not know of: `handOver` must come, and soon. */
export function isCounting(): bool {
  return pending !== null;
}

/** Tells the host what is counted. */
export function handOver(): void {
  atOnce = 0;
  let counter = pending;
  pending = null;
  while (counter !== null) counter = counter.handOver();
}

/**
 * Defined when it first counts. While little happens it counts at once. In a short request each host call shows, so that
 * under load what is counted between two ticks is told together.
 */
export class LazyCounter {
  private counter: Counter | null = null;
  private untold: u32 = 0;
  private next: LazyCounter | null = null;

  constructor(readonly name: string) {}

  /** Defines it now: 0 can be seen too. */
  define(): this {
    if (this.counter === null) this.counter = Counter.define(this.name);
    return this;
  }

  increment(): void {
    if (atOnce < AT_ONCE) {
      ++atOnce;
      this.define().counter!.increment();
    } else if (this.untold++ == 0) {
      this.next = pending;
      pending = this;
    }
  }

  /** Tells the host; returns the next one that has something to tell. */
  handOver(): LazyCounter | null {
    const next = this.next;
    this.define().counter!.increment(this.untold);
    this.untold = 0;
    this.next = null;
    return next;
  }
}

export class Metrics {
  readonly verified: LazyCounter = new LazyCounter("hmac_auth_verified").define();
  readonly rejected: LazyCounter = new LazyCounter("hmac_auth_rejected").define();
  readonly reported: LazyCounter = new LazyCounter("hmac_auth_reported");
  readonly allowed: LazyCounter = new LazyCounter("hmac_auth_allowed");
  readonly signed: LazyCounter = new LazyCounter("hmac_auth_signed");
  readonly anonymous: LazyCounter = new LazyCounter("hmac_auth_anonymous");
  private rejections: StaticArray<LazyCounter | null> = new StaticArray<LazyCounter | null>(REASON_NAMES.length);
  private reports: StaticArray<LazyCounter | null> = new StaticArray<LazyCounter | null>(REASON_NAMES.length);

  countRejected(reason: Reason): void {
    this.rejected.increment();
    countIn(this.rejections, reason, "hmac_auth_rejected_");
  }

  /** What would have been rejected. */
  countReported(reason: Reason): void {
    this.reported.increment();
    countIn(this.reports, reason, "hmac_auth_reported_");
  }
}

/** What is counted of one rule of the full form. */
export class RuleMetrics {
  readonly verified: LazyCounter;
  readonly rejected: LazyCounter;
  readonly bodyBytes: Histogram = Histogram.define("hmac_auth_body_bytes");

  constructor(id: string) {
    this.verified = new LazyCounter("hmac_auth.rule." + id + ".verified").define();
    this.rejected = new LazyCounter("hmac_auth.rule." + id + ".rejected").define();
  }
}

function countIn(counters: StaticArray<LazyCounter | null>, reason: Reason, prefix: string): void {
  let counter = unchecked(counters[reason]);
  if (counter === null) {
    counter = new LazyCounter(prefix + unchecked(REASON_NAMES[reason]));
    unchecked((counters[reason] = counter));
  }
  counter.increment();
}
