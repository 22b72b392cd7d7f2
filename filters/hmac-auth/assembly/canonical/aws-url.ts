// Signed URLs of AWS's: the query has what a header would have. Source: docs.aws.amazon.com, "Create a signed AWS API
// request", "Add the signature to the request".
import { isText, StringBuilder } from "@proxy-wasm-kit/sdk";
import { findByte } from "../bytes";
import { MAX_PARSED } from "../lines";
import { Param } from "./auth-params";
import { appendPercent, Writing } from "./parameters";

/** The only one that is not signed. */
export const URL_SIGNATURE = "X-Amz-Signature";

/** How long a URL may be good. */
export const MOST_SECONDS: i64 = 604_800;

/** The parameters as they are decoded. */
const text = new StringBuilder();

export class SignedUrl {
  readonly algorithm: Param = new Param("X-Amz-Algorithm");
  readonly credential: Param = new Param("X-Amz-Credential");
  readonly signedHeaders: Param = new Param("X-Amz-SignedHeaders");
  readonly signature: Param = new Param(URL_SIGNATURE);
  readonly date: Param = new Param("X-Amz-Date");
  readonly expires: Param = new Param("X-Amz-Expires");
  private token: Param = new Param("X-Amz-Security-Token");
  private all: StaticArray<Param> = [];
  private hasRepeats: bool = false;

  constructor() {
    this.all = [
      this.algorithm,
      this.credential,
      this.signedHeaders,
      this.signature,
      this.date,
      this.expires,
      this.token,
    ];
  }

  /** Whether the query of this path says that it is signed; leaves the parameters as they are written there. */
  find(path: usize, size: i32): bool {
    for (let i = 0; i < this.all.length; ++i) unchecked(this.all[i]).size = -1;
    this.hasRepeats = false;
    const end = path + size;
    let at = path + findByte(path, size, 0x3f) + 1;
    while (at < end) {
      const next = at + findByte(at, <i32>(end - at), 0x26);
      const name = findByte(at, <i32>(next - at), 0x3d);
      const param = this.named(at, name);
      if (param !== null) {
        if (!param.isAbsent) this.hasRepeats = true;
        param.ptr = min(at + name + 1, next);
        param.size = <i32>(next - param.ptr);
      }
      at = next + 1;
    }
    return !this.algorithm.isAbsent || !this.signature.isAbsent;
  }

  /** Decodes what was found; false when one comes twice, or they are too long. */
  read(): bool {
    text.clear();
    for (let i = 0; i < this.all.length; ++i) {
      const param = unchecked(this.all[i]);
      if (param.isAbsent) continue;
      if (text.length + param.size > MAX_PARSED) return false;
      const from = text.length;
      appendPercent(param.ptr, param.ptr + param.size, text, Writing.Decoded);
      // For now: the room may still move.
      param.ptr = from;
      param.size = text.length - from;
    }
    for (let i = 0; i < this.all.length; ++i) unchecked(this.all[i]).ptr += text.ptr;
    return !this.hasRepeats;
  }

  /** The path without them; it was found to have some. */
  strip(path: ArrayBuffer): ArrayBuffer {
    const ptr = changetype<usize>(path);
    const end = ptr + path.byteLength;
    let at = ptr + findByte(ptr, path.byteLength, 0x3f);
    const kept = text.clear().appendBytes(ptr, <i32>(at - ptr));
    let separator = 0x3f;
    while (at < end) {
      const next = ++at + findByte(at, <i32>(end - at), 0x26);
      if (this.named(at, findByte(at, <i32>(next - at), 0x3d)) === null) {
        kept.appendByte(separator).appendBytes(at, <i32>(next - at));
        separator = 0x26;
      }
      at = next;
    }
    return kept.toBuffer();
  }

  private named(ptr: usize, size: i32): Param | null {
    for (let i = 0; i < this.all.length; ++i) {
      const param = unchecked(this.all[i]);
      if (isText(ptr, size, param.name)) return param;
    }
    return null;
  }
}
