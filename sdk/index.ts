// The package's entry: `import { ... } from "@proxy-wasm-kit/sdk"`.
export * from "./assembly/index";
