/** Metrics. Source: envoy source/extensions/common/wasm/context.cc `defineMetric` ... `getMetric`. */
import { MetricType, Status } from "../abi.ts";
import type { Vm } from "../vm.ts";
import { type HostFunctions, hostFunction } from "./host-function.ts";

const isMetricType = (type: number): type is MetricType => type <= MetricType.Histogram;

/** `proxy_define_metric(type, name, size, *id)`. Results: Ok; BadArgument (unknown type); InvalidMemoryAccess. */
function define(vm: Vm, type: number, name: number, nameSize: number, idOut: number): Status {
  if (!isMetricType(type)) return Status.BadArgument;
  const text = vm.memory.readString(name, nameSize);
  if (text === null) return Status.InvalidMemoryAccess;
  return vm.memory.writeU32(idOut, vm.metrics.define(type, text)) ? Status.Ok : Status.InvalidMemoryAccess;
}

/**
 * `proxy_increment_metric(id, offset)`: a counter goes up only; a gauge either way, around 0 as an u64.
 * Results: Ok; BadArgument (counter by 0 or less; histogram; id of no type); NotFound.
 */
function increment(vm: Vm, id: number, offset: bigint): Status {
  const type = id & 3;
  if (type === MetricType.Counter && offset <= 0n) return Status.BadArgument;
  if (type !== MetricType.Counter && type !== MetricType.Gauge) return Status.BadArgument;
  const metric = vm.metrics.get(id);
  if (metric === null) return Status.NotFound;
  metric.value = BigInt.asUintN(64, metric.value + offset);
  return Status.Ok;
}

/** `proxy_record_metric(id, value)`: adds to a counter, sets a gauge, records in a histogram. Results: Ok; NotFound. */
function record(vm: Vm, id: number, value: bigint): Status {
  const metric = vm.metrics.get(id);
  if (metric === null) return Status.NotFound;
  const before = metric.type === MetricType.Counter ? metric.value : 0n;
  metric.value = BigInt.asUintN(64, before + value);
  return Status.Ok;
}

/** `proxy_get_metric(id, *value)`. Results: Ok; BadArgument (histogram; id of no type); NotFound; InvalidMemoryAccess. */
function get(vm: Vm, id: number, valueOut: number): Status {
  const type = id & 3;
  if (type !== MetricType.Counter && type !== MetricType.Gauge) return Status.BadArgument;
  const metric = vm.metrics.get(id);
  if (metric === null) return Status.NotFound;
  return vm.memory.writeU64(valueOut, metric.value) ? Status.Ok : Status.InvalidMemoryAccess;
}

export const metricFunctions: HostFunctions = {
  proxy_define_metric: hostFunction({ takes: { type: "metricType", name: "text" }, gives: { id: "u32" } }, define),
  proxy_increment_metric: hostFunction({ takes: { metric: "metric", offset: "i64" } }, increment),
  proxy_record_metric: hostFunction({ takes: { metric: "metric", value: "i64" } }, record),
  proxy_get_metric: hostFunction({ takes: { metric: "metric" }, gives: { value: "u64" } }, get),
};
