// `import { ConfigReader } from "@proxy-wasm-kit/sdk/json"`.
export * from "./assembly/json/index";
