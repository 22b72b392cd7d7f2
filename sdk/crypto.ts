// `import { Sha256, Hmac } from "@proxy-wasm-kit/sdk/crypto"`.
export * from "./assembly/crypto/index";
