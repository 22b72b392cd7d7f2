export { type HarnessInput, IstioHarness } from "./harness.ts";
export { buildHarness } from "./harness-build.mjs";
export { listenerRefusal, type WantedListener } from "./listeners.ts";
export { envoyGateway, filesIn, isBuilt, istioVersion } from "./location.mjs";
export { type Proxy, type ProxyType, proxyBootstrap } from "./proxy-bootstrap.ts";
export { type TrialInput, type TriedListener, tryManifests } from "./trial.ts";
export type { Direction, TrialPod } from "./trial-pod.ts";
