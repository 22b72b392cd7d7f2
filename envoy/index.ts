export { Admin, type BoundListener } from "./admin.ts";
export { type BootstrapOptions, bootstrap, listenerName, type TcpListener, tcpListenerName } from "./bootstrap.ts";
export { type Cluster, cluster } from "./cluster.ts";
export { type FoundEnvoy, findEnvoy, lookForEnvoy } from "./find.ts";
export {
  checkInstallable,
  type InstallOptions,
  installEnvoy,
  installFolder,
  NoEnvoy,
  pinnedVersion,
  pinnedVersions,
} from "./install.ts";
export { accessLogValues, type EnvoyLogLevel, type LogRecord } from "./log.ts";
export type { Address, Message } from "./message.ts";
export { type FailurePolicy, networkWasm, type WasmFilter, wasm, wasmService } from "./plugin.ts";
export { type EnvoyOptions, EnvoyProcess, EnvoyRefused } from "./process.ts";
export { withoutConfiguration } from "./refusal.ts";
export { validateBootstrap } from "./validate.ts";
export { rootCallbacks, type WasmEvent, wasmEvent } from "./wasm-log.ts";
