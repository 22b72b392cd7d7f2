// `import { Rules } from "@proxy-wasm-kit/sdk/rules"`.
export * from "./assembly/rules/index";
