/** Metrics, shared by all VMs. Source: envoy source/extensions/common/wasm/context.cc `defineMetric`. */
import { MetricType } from "./abi.ts";
import type { ByteString } from "./byte-string.ts";

interface Metric {
  readonly type: MetricType;
  readonly name: ByteString;
  value: bigint;
}

export class Metrics {
  readonly #metrics = new Map<string, Metric>();

  define(type: MetricType, name: ByteString): Metric {
    const key = `${type} ${name}`;
    const metric = this.#metrics.get(key) ?? { type, name, value: 0n };
    this.#metrics.set(key, metric);
    return metric;
  }

  /** Counters and gauges by name. */
  values(): Map<ByteString, bigint> {
    const scalars = [...this.#metrics.values()].filter(({ type }) => type !== MetricType.Histogram);
    return new Map(scalars.map(({ name, value }) => [name, value]));
  }
}

/** The metrics one VM has defined, by the ids it was given: the type is in the two lowest bits. */
export class MetricTable {
  readonly #all: Metrics;
  readonly #byId = new Map<number, Metric>();
  readonly #next: Record<MetricType, number> = {
    [MetricType.Counter]: 4,
    [MetricType.Gauge]: 5,
    [MetricType.Histogram]: 6,
  };

  constructor(all: Metrics) {
    this.#all = all;
  }

  define(type: MetricType, name: ByteString): number {
    const id = this.#next[type];
    this.#next[type] += 4;
    this.#byId.set(id, this.#all.define(type, name));
    return id;
  }

  get(id: number): Metric | null {
    return this.#byId.get(id) ?? null;
  }
}
