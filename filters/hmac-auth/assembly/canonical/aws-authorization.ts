// What AWS's clients say of a signature, in Authorization: `AWS4-HMAC-SHA256 Credential=<id>/<date>/<region>/<service>/aws4_request,
// SignedHeaders=a;b, Signature=<hex>`; or in the query of a signed URL, as `X-Amz-Credential=...&...` (aws-url.ts).
import { isText } from "@proxy-wasm-kit/sdk";
import { findByte, isBytes } from "../bytes";
import { Reason } from "../reason";
import { Param } from "./auth-params";
import { SignedUrl } from "./aws-url";
import { parseDay } from "./http-date";

export const SCHEME = "AWS4-HMAC-SHA256";

export class AwsAuthorization {
  readonly credential: Param = new Param("Credential");
  readonly signedHeaders: Param = new Param("SignedHeaders");
  readonly signature: Param = new Param("Signature");
  readonly date: Param = new Param("");
  /** Of a signed URL, which may say how long it is good; absent elsewhere. */
  readonly expires: Param = new Param("");
  isUrl: bool = false;
  /** Of the credential: the key's id, and from the date on the scope of the key. */
  idPtr: usize = 0;
  idSize: i32 = 0;
  scopePtr: usize = 0;
  scopeSize: i32 = 0;
  private params: StaticArray<Param> = [];
  private url: SignedUrl = new SignedUrl();

  constructor() {
    this.params = [this.credential, this.signedHeaders, this.signature];
  }

  /** Whether it is a signed URL. */
  findUrl(path: usize, size: i32): bool {
    this.isUrl = this.url.find(path, size);
    return this.isUrl;
  }

  /** What was found in the query. */
  readUrl(): Reason {
    const url = this.url;
    if (!url.read()) return Reason.MalformedSignature;
    const algorithm = url.algorithm;
    if (!algorithm.is(SCHEME)) return otherScheme(algorithm.ptr, algorithm.size);
    take(url.credential, this.credential);
    take(url.signedHeaders, this.signedHeaders);
    take(url.signature, this.signature);
    take(url.date, this.date);
    take(url.expires, this.expires);
    return this.complete();
  }

  parse(ptr: usize, size: i32): Reason {
    for (let i = 0; i < this.params.length; ++i) unchecked(this.params[i]).size = -1;
    this.expires.size = -1;
    const length = SCHEME.length;
    if (size <= length || load<u8>(ptr + length) != 0x20 || !isText(ptr, length, SCHEME)) return otherScheme(ptr, size);
    const end = ptr + size;
    let at = ptr + length;
    while (at < end) {
      const next = at + findByte(at, <i32>(end - at), 0x2c);
      while (at < next && load<u8>(at) == 0x20) ++at;
      let to = next;
      while (to > at && load<u8>(to - 1) == 0x20) --to;
      if (!this.keep(at, <i32>(to - at))) {
        // Envoy joins two lines of this header.
        const isJoined = <i32>(to - at) > length && isText(at, length, SCHEME);
        return isJoined ? Reason.DuplicateHeader : Reason.MalformedSignature;
      }
      at = next + 1;
    }
    return this.complete();
  }

  private complete(): Reason {
    if (this.signature.size <= 0) return Reason.MissingSignature;
    const isWhole = !this.signedHeaders.isAbsent && !this.credential.isAbsent && this.splitCredential();
    return isWhole ? Reason.None : Reason.MalformedSignature;
  }

  /** Whether the scope is `<date>/<region>/<service>/aws4_request`. */
  hasScope(region: ArrayBuffer, service: ArrayBuffer): bool {
    let at = this.scopePtr + 9;
    let left = this.scopeSize - 9;
    const regionSize = findByte(at, left, 0x2f);
    if (!isBytes(at, regionSize, region)) return false;
    at += regionSize + 1;
    left -= regionSize + 1;
    const serviceSize = findByte(at, left, 0x2f);
    return isBytes(at, serviceSize, service);
  }

  /** One `Name=value`; false when it is none of the three, or comes again. */
  private keep(ptr: usize, size: i32): bool {
    const name = findByte(ptr, size, 0x3d);
    if (name == size) return false;
    for (let i = 0; i < this.params.length; ++i) {
      const param = unchecked(this.params[i]);
      if (!isText(ptr, name, param.name)) continue;
      if (!param.isAbsent) return false;
      param.ptr = ptr + name + 1;
      param.size = size - name - 1;
      return true;
    }
    return false;
  }

  /** The id may have slashes in it, so the four parts of the scope are counted from the end. */
  private splitCredential(): bool {
    const ptr = this.credential.ptr;
    const size = this.credential.size;
    let at = size;
    let slashes = 0;
    while (at > 0 && slashes < 4) if (load<u8>(ptr + --at) == 0x2f) ++slashes;
    if (slashes != 4 || at == 0) return false;
    this.idPtr = ptr;
    this.idSize = at;
    this.scopePtr = ptr + at + 1;
    this.scopeSize = size - at - 1;
    const end = ptr + size;
    const isDay = this.scopeSize > 21 && load<u8>(this.scopePtr + 8) == 0x2f && parseDay(this.scopePtr) >= 0;
    return isDay && isText(end - 13, 13, "/aws4_request");
  }
}

function take(from: Param, to: Param): void {
  to.ptr = from.ptr;
  to.size = from.size;
}

/** Other algorithms of AWS's are known, but not spoken here. */
function otherScheme(ptr: usize, size: i32): Reason {
  return size > 5 && isText(ptr, 5, "AWS4-") ? Reason.AlgorithmNotAllowed : Reason.MalformedSignature;
}
