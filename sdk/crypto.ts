// `import { Sha256, Hmac } from "@proxy-wasm-kit/sdk/crypto"`.
export { Base64Alphabet, decodeBase64, encodeBase64 } from "./assembly/crypto/base64";
export { equal } from "./assembly/crypto/equal";
export { Hash } from "./assembly/crypto/hash";
export { decodeHex, decodeLowerHex, encodeHex } from "./assembly/crypto/hex";
export { Hmac, HmacKey } from "./assembly/crypto/hmac";
export { Md5 } from "./assembly/crypto/md5";
export { Sha1 } from "./assembly/crypto/sha1";
export { Sha256 } from "./assembly/crypto/sha256";
export { Sha384, Sha512 } from "./assembly/crypto/sha512";
