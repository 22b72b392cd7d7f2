export * from "./types.ts";
export { hostEngine } from "./host-engine.ts";
