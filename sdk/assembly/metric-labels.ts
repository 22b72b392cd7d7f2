// Labels of metrics. Envoy's stat names have none, so they are written into the name as Istio's own filters do, for the
// tag rules of the proxy's `stats_config` to take out again: `<label>=.=<value>;.;` for each, then the metric's name.
// Source: istio/istio pkg/bootstrap (stats tags), proxy-wasm-cpp-sdk proxy_wasm_api.h (`MetricBase`).
import { Counter, Gauge, Histogram } from "./metric";

/** Value sets of a family beyond its limit are counted under this one. */
const OTHER = "other";

/** The stat name of a metric with labels; `values` are in the order of `names`. */
export function labelled(name: string, names: string[], values: string[]): string {
  let text = "";
  for (let i = 0; i < names.length; ++i) {
    const value = i < values.length ? values[i] : "";
    // A semicolon could end the value where the rules look for its end.
    text += names[i] + "=.=" + value.replaceAll(";", "_") + ";.;";
  }
  return text + name;
}

/** A metric by labels whose values come from requests: each set of values is defined once, and there is a limit to them. */
abstract class Family<T> {
  private known: Map<string, T> = new Map<string, T>();

  constructor(
    private name: string,
    private names: string[],
    private most: i32,
  ) {}

  protected abstract define(name: string): T;

  /** The metric for these values, in the order of the names; past the limit, that of "other" for every label. */
  with(values: string[]): T {
    const name = labelled(this.name, this.names, values);
    if (this.known.has(name)) return this.known.get(name);
    if (this.known.size < this.most) return this.add(name);
    const rest = labelled(this.name, this.names, new Array<string>(this.names.length).fill(OTHER));
    return this.known.has(rest) ? this.known.get(rest) : this.add(rest);
  }

  private add(name: string): T {
    const metric = this.define(name);
    this.known.set(name, metric);
    return metric;
  }
}

/** `new CounterFamily("requests", ["method", "code"]).with(["GET", "200"]).increment()`. */
export class CounterFamily extends Family<Counter> {
  /** `most`: how many sets of values get a counter of their own. Every one is kept for the life of the process. */
  constructor(name: string, names: string[], most: i32 = 1000) {
    super(name, names, most);
  }

  protected define(name: string): Counter {
    return Counter.define(name);
  }
}

export class GaugeFamily extends Family<Gauge> {
  constructor(name: string, names: string[], most: i32 = 1000) {
    super(name, names, most);
  }

  protected define(name: string): Gauge {
    return Gauge.define(name);
  }
}

export class HistogramFamily extends Family<Histogram> {
  constructor(name: string, names: string[], most: i32 = 1000) {
    super(name, names, most);
  }

  protected define(name: string): Histogram {
    return Histogram.define(name);
  }
}
