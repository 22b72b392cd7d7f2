// `import { ... } from "@solo-io/proxy-runtime"`, when that name stands for this package.
export * from "./assembly/index";
