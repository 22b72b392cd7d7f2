// Metrics by their numbers.
import * as host from "@proxy-wasm-kit/sdk/assembly/env";
import { outPtr, outU32, outU64 } from "@proxy-wasm-kit/sdk/assembly/memory";
import { first } from "@proxy-wasm-kit/sdk/assembly/text";
import { check } from "./log";
import { MetricTypeValues, WasmResultValues } from "./values";

class MetricResult {
  result: WasmResultValues = WasmResultValues.Ok;
  metric_id: u32 = 0;
}

class MetricData {
  result: WasmResultValues = WasmResultValues.Ok;
  data: u64 = 0;
}

export function define_metric(typ: MetricTypeValues, name: string): MetricResult {
  const result = new MetricResult();
  first().set(name);
  result.result = host.proxy_define_metric(typ, first().ptr, first().length, outPtr());
  if (result.result == WasmResultValues.Ok) result.metric_id = outU32();
  return result;
}

/** BadArgument: adding nothing to a counter, or anything to a histogram. */
export function increment_metric(metric_id: u32, offset: i64): WasmResultValues {
  return host.proxy_increment_metric(metric_id, offset);
}

export function record_metric(metric_id: u32, value: u64): WasmResultValues {
  return host.proxy_record_metric(metric_id, value);
}

export function get_metric(metric_id: u32): MetricData {
  const result = new MetricData();
  result.result = host.proxy_get_metric(metric_id, outPtr());
  if (result.result == WasmResultValues.Ok) result.data = outU64();
  return result;
}

class Metric {
  metric_id: u32;

  constructor(typ: MetricTypeValues, name: string) {
    const defined = define_metric(typ, name);
    check("proxy_define_metric", defined.result);
    this.metric_id = defined.metric_id;
  }
}

export class Gauge extends Metric {
  constructor(name: string) {
    super(MetricTypeValues.Gauge, name);
  }

  increment(offset: i64): WasmResultValues {
    return increment_metric(this.metric_id, offset);
  }

  /** `metric_id` is the gauge's own, or 0. */
  record(metric_id: u32, value: u64): WasmResultValues {
    return record_metric(metric_id == 0 ? this.metric_id : metric_id, value);
  }
}

export class Histogram extends Metric {
  constructor(name: string) {
    super(MetricTypeValues.Histogram, name);
  }

  increment(offset: i64): WasmResultValues {
    return increment_metric(this.metric_id, offset);
  }

  /** `metric_id` is the histogram's own, or 0. */
  record(metric_id: u32, value: u64): WasmResultValues {
    return record_metric(metric_id == 0 ? this.metric_id : metric_id, value);
  }
}

export class Counter extends Metric {
  constructor(name: string) {
    super(MetricTypeValues.Counter, name);
  }

  increment(offset: u32): WasmResultValues {
    return increment_metric(this.metric_id, offset);
  }
}
