// All that solo-io's file of this name exports; some filters import it.
export * from "./abort";
export * from "./contexts";
export * from "./data";
export * from "./entries";
export * from "./headers";
export * from "./log";
export * from "./metrics";
export * from "./stream";
export * from "./values";
