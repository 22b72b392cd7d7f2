export { Base64Alphabet, decodeBase64 } from "./base64";
export { equal } from "./equal";
export { Hash } from "./hash";
export { decodeHex, decodeLowerHex, encodeHex } from "./hex";
export { Hmac, HmacKey } from "./hmac";
export { Sha1 } from "./sha1";
export { Sha256 } from "./sha256";
export { Sha384, Sha512 } from "./sha512";
