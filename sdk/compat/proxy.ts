// `export * from "@solo-io/proxy-runtime/proxy"`: the callbacks, as exports of the filter.
export * from "./assembly/proxy";
