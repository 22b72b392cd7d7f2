/** Time, as the host needs it: a wall clock, a steady clock, timers. */
export interface Clock {
  /** Wall clock, nanoseconds since 1970. */
  nowNs(): bigint;
  /** Steady clock, nanoseconds since some moment. */
  monotonicNs(): bigint;
  /** Calls back once, `ms` milliseconds from now; returns how to take it back. */
  setTimer(ms: number, callback: () => void): () => void;
}

/** Real time; the wall clock has the microseconds Envoy gives. */
export const realClock: Clock = {
  nowNs: () => BigInt(Math.floor((performance.timeOrigin + performance.now()) * 1000)) * 1000n,
  monotonicNs: () => BigInt(Math.floor(performance.now() * 1000)) * 1000n,
  setTimer(ms, callback) {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

/** Real time with the wall clock set to another moment, from where it runs on. */
export function shiftedClock(now: Date): Clock {
  const offsetNs = BigInt(now.getTime()) * 1_000_000n - realClock.nowNs();
  return { ...realClock, nowNs: () => realClock.nowNs() + offsetNs };
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  #nowNs: bigint;
  #elapsedNs = 0n;
  #timers: { readonly dueNs: bigint; readonly callback: () => void }[] = [];

  constructor(now: Date = new Date(0)) {
    this.#nowNs = BigInt(now.getTime()) * 1_000_000n;
  }

  nowNs(): bigint {
    return this.#nowNs;
  }

  monotonicNs(): bigint {
    return this.#elapsedNs;
  }

  setTimer(ms: number, callback: () => void): () => void {
    const timer = { dueNs: this.#elapsedNs + BigInt(ms) * 1_000_000n, callback };
    this.#timers.push(timer);
    return () => this.#remove(timer);
  }

  /** Moves time on by `ms` milliseconds and runs the timers that come due, the earliest first. */
  advance(ms: number): void {
    const end = this.#elapsedNs + BigInt(ms) * 1_000_000n;
    for (;;) {
      const [next] = this.#timers.filter(({ dueNs }) => dueNs <= end).sort((a, b) => Number(a.dueNs - b.dueNs));
      if (next === undefined) break;
      this.#remove(next);
      this.#moveTo(next.dueNs);
      next.callback();
    }
    this.#moveTo(end);
  }

  #moveTo(elapsedNs: bigint): void {
    this.#nowNs += elapsedNs - this.#elapsedNs;
    this.#elapsedNs = elapsedNs;
  }

  #remove(timer: { readonly dueNs: bigint; readonly callback: () => void }): void {
    this.#timers = this.#timers.filter((other) => other !== timer);
  }
}
