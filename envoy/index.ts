export { Admin, type BoundListener } from "./admin.ts";
export {
  type Address,
  type BootstrapOptions,
  bootstrap,
  type FailurePolicy,
  listenerName,
  type Message,
  type WasmFilter,
  wasm,
} from "./bootstrap.ts";
export { type FoundEnvoy, findEnvoy } from "./find.ts";
export { type InstallOptions, installEnvoy, installFolder, NoEnvoy, pinnedVersion } from "./install.ts";
export { accessLogValues, type EnvoyLogLevel, type LogRecord } from "./log.ts";
export { type EnvoyOptions, EnvoyProcess, EnvoyRefused } from "./process.ts";
export { type WasmEvent, wasmEvent } from "./wasm-log.ts";
