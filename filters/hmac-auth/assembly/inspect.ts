// What the headers alone say about a request: cheap checks, before any byte of the body is hashed.
import { HeaderEntries, HeaderMap } from "@proxy-wasm-kit/sdk";
import { Config } from "./config";
import { Reason } from "./refusal";
import { decodeSignature } from "./signature";
import { Verification } from "./verification";

/** Looks once at every line; leaves the signature in `verification`. `Reason.None` when the body must decide. */
export function inspect(headers: HeaderMap, config: Config, verification: Verification): Reason {
  let signatures = 0;
  let ptr: usize = 0;
  let size = 0;
  let upgrade = false;
  let tooLarge = false;
  const entries = headers.entries();
  while (entries.next()) {
    if (entries.nameEquals(config.signatureHeader)) {
      // Upstream would see every line, and might believe another one than we do.
      ++signatures;
      ptr = entries.valuePtr;
      size = entries.valueSize;
    } else if (entries.nameIs("content-length")) {
      tooLarge = exceeds(entries, config.maxBodyBytes);
    } else if (entries.nameIs("upgrade")) {
      // Envoy removes it unless the request is an upgrade, HTTP/2's included.
      upgrade = true;
    } else if (entries.nameIs(":method")) {
      upgrade = upgrade || entries.valueIs("CONNECT");
    }
  }
  if (signatures > 1) return Reason.DuplicateHeader;
  if (size == 0) return Reason.MissingSignature;
  if (!decodeSignature(ptr, size, verification)) return Reason.MalformedSignature;
  // Its body never ends, so that there would never be a verdict.
  if (upgrade) return Reason.UnsupportedUpgrade;
  return tooLarge ? Reason.BodyTooLarge : Reason.None;
}

/** Whether the value, a number in decimal, is above `limit`. Envoy has refused what is no number. */
function exceeds(entries: HeaderEntries, limit: u32): bool {
  let value: u64 = 0;
  for (let i = 0; i < entries.valueSize; ++i) {
    value = value * 10 + load<u8>(entries.valuePtr + i) - 48;
    if (value > limit) return true;
  }
  return false;
}
