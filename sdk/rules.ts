// `import { Rules } from "@proxy-wasm-kit/sdk/rules"`.
export { hostMatches, hostSize, lowerHostPattern } from "./assembly/rules/host";
export { HostList } from "./assembly/rules/host-list";
export { Match } from "./assembly/rules/match";
export { PathPattern } from "./assembly/rules/path";
export { RequestFacts } from "./assembly/rules/request-facts";
export { Rules } from "./assembly/rules/rules";
