export { createEnvoyProxy, type EnvoyEngineOptions, type EnvoyProxyParts, envoyEngine } from "./envoy-engine.ts";
export { accessLog, EnvoyRecorder } from "./envoy-recorder.ts";
export { hostEngine } from "./host-engine.ts";
export * from "./types.ts";
export { RecordingUpstream } from "./upstream.ts";
