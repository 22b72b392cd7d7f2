#!/usr/bin/env node
// `npm create proxy-wasm my-filter` is `pwk init my-filter`.
process.argv.splice(2, 0, "init");
await import("proxy-wasm-kit/pwk");
