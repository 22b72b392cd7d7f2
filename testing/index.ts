export { hostEngine } from "./host-engine.ts";
export * from "./types.ts";
