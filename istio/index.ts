export { type HarnessInput, IstioHarness } from "./harness.ts";
export { listenerRefusal, type WantedListener } from "./listeners.ts";
export { envoyGateway, filesIn, isBuilt, istioVersion } from "./location.mjs";
export { type Proxy, type ProxyType, proxyBootstrap } from "./proxy-bootstrap.ts";
