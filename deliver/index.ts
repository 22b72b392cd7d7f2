export { type StatsLogger, statsLogger, statsLoggerFilter } from "./metrics/stats-logger.ts";
export type { Tags } from "./metrics/tags.ts";
export { type TelemetryPlan, telemetry } from "./metrics/telemetry.ts";
export { type MirrorPlan, mirrorFilter } from "./mirror.ts";
export { moduleConfigMap, moduleVolumeAnnotations } from "./modes/config-map.ts";
export { envoyFilter } from "./modes/envoy-filter.ts";
export { type DeliveryMode, deliveryModes } from "./modes/index.ts";
export {
  checkPlan,
  type DeliveryPlan,
  InvalidPlan,
  type ListenerTarget,
  type ProxyContext,
  proxyContexts,
} from "./plan.ts";
export type { ConfigMap } from "./resources/config-map.ts";
export type { EnvoyFilter } from "./resources/envoy-filter.ts";
export { istioMetrics, type Telemetry, type WorkloadMode, workloadModes } from "./resources/telemetry.ts";
export { toYaml } from "./yaml.ts";
