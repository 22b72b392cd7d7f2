export { envoyEngine, wasmFilter } from "./envoy-engine.ts";
export { createEnvoyProxy, type EnvoyEngineOptions, type EnvoyProxyParts } from "./envoy-proxy.ts";
export { accessLog, EnvoyRecorder } from "./envoy-recorder.ts";
export { hostEngine } from "./host-engine.ts";
export { type Surroundings, startSurroundings } from "./surroundings.ts";
export * from "./types.ts";
export { upstreamProtocol } from "./upstream.ts";
