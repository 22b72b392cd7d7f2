export { InvalidEntry } from "./delivery/entry-problems.ts";
export {
  type FilterIdentity,
  type ResolvedEnvironment,
  type ResolvedFilter,
  resolveEnvironment,
} from "./delivery/environment.ts";
export type { DeliveryFile } from "./delivery/file.ts";
export type { Files } from "./delivery/files.ts";
export { type DeliveryForm, deliveryFiles, deliveryForms, headerOf } from "./delivery/forms.ts";
export { nameOfVariable } from "./delivery/host-env.ts";
export { deliveryLabel, environmentLabel } from "./delivery/labels.ts";
export type { LoadedFilter } from "./delivery/loaded.ts";
export { mergePatch } from "./delivery/merge.ts";
export { type RenderedDelivery, renderEnvironment } from "./delivery/render.ts";
export {
  type FilterMetadata,
  type Need,
  needsWith,
  type Phase,
  phases,
  readFilterMetadata,
} from "./filter-metadata.ts";
export type { Limits } from "./limits.ts";
export { type StatsLogger, statsLogger, statsLoggerFilter } from "./metrics/stats-logger.ts";
export type { Tags } from "./metrics/tags.ts";
export { type TelemetryPlan, telemetry } from "./metrics/telemetry.ts";
export { type MirrorPlan, mirrorFilter } from "./mirror.ts";
export { moduleConfigMap } from "./modes/config-map.ts";
export { envoyHttpFilter, type HttpFilter } from "./modes/envoy.ts";
export { envoyExtensionPolicy } from "./modes/envoy-extension-policy.ts";
export { discoveredFilter, envoyFilter } from "./modes/envoy-filter.ts";
export { type DeliveryMode, deliveryModes } from "./modes/index.ts";
export { type FileImage, type ModuleFile, type PatchedWorkload, type ProxyNeeds, podPatch } from "./modes/pod-patch.ts";
export { trafficExtension, wasmPlugin } from "./modes/wasm-plugin.ts";
export {
  checkPlan,
  contexts,
  type DeliveryPlan,
  isVariableName,
  type ListenerTarget,
  type PluginPlan,
  type ProxyContext,
  proxyContexts,
  type TargetRef,
} from "./plan.ts";
export { InvalidPlan } from "./problems.ts";
export type { ConfigMap } from "./resources/config-map.ts";
export type { EnvoyFilter } from "./resources/envoy-filter.ts";
export type { Resource } from "./resources/metadata.ts";
export { type PodPatch, patchableKinds } from "./resources/pod-patch.ts";
export { istioMetrics, type Telemetry, type WorkloadMode, workloadModes } from "./resources/telemetry.ts";
export { parseSecretKey, type SecretKey, type SecretVariable, secretKeyForm } from "./secret-variable.ts";
export { type InlineModule, type ModuleSource, pullPolicies, type RemoteModule } from "./source.ts";
export { kindOfTargetRef, parseTargetRef, targetRefKinds } from "./target-ref.ts";
export { toYaml } from "./yaml.ts";
