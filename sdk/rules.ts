// `import { Rules } from "@proxy-wasm-kit/sdk/rules"`.
export { Rules } from "./assembly/rules/rules";
