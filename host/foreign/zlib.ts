/** zlib, in JavaScript: the platforms' own is asynchronous in browsers. */
import { deflate, inflate } from "pako";
import { Status } from "../abi.ts";
import type { Vm } from "../vm.ts";

/** `compress(bytes)`: zlib's format at its default level. Results: Ok. */
export const compress = (_vm: Vm, bytes: Uint8Array): Uint8Array => deflate(bytes);

/** `uncompress(zlib)`: what follows the data is not looked at. Results: Ok; SerializationFailure. */
export function uncompress(_vm: Vm, bytes: Uint8Array): Uint8Array | Status {
  try {
    return inflate(bytes);
  } catch {
    return Status.SerializationFailure;
  }
}
