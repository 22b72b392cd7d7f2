// `import { ConfigReader } from "@proxy-wasm-kit/sdk/json"`.
export { ConfigReader } from "./assembly/json/config-reader";
export { lowerToken } from "./assembly/json/header-name";
export { Json, JsonKind } from "./assembly/json/json";
