// APISIX's scheme. Source: github.com/apache/apisix apisix/plugins/hmac-auth.lua; a header that is named and absent is
// refused here, not passed over.
import { StringBuilder } from "@proxy-wasm-kit/sdk";
import { Attempt } from "../attempt";
import { isBytes } from "../bytes";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { AuthParams } from "./auth-params";
import { isName } from "./components";
import { HeaderListSigner } from "./header-list-signer";
import { Part } from "./name-list";
import { CanonicalOptions } from "./options";

const REQUEST_TARGET = String.UTF8.encode("@request-target");
const DATE = String.UTF8.encode("date");
const DIGEST = String.UTF8.encode("digest");

export class Apisix extends HeaderListSigner {
  constructor(options: CanonicalOptions, lines: RequestLines) {
    super(options, lines, new AuthParams("keyid", "signature"));
  }

  protected get usualList(): string {
    return "@request-target date";
  }

  protected appendValue(to: StringBuilder): void {
    this.appendParams(to.append("Signature "));
  }

  protected locate(): Reason {
    const line = this.authorization;
    if (line.count > 1) return Reason.DuplicateHeader;
    if (line.size == 0) return Reason.MissingSignature;
    return this.take(line) ? Reason.None : Reason.MalformedSignature;
  }

  /** Without `headers` the key id alone is signed: that covers too little, but it is well formed. */
  protected isIncomplete(parts: i32): bool {
    return this.params.algorithm.isAbsent;
  }

  protected partOf(ptr: usize, size: i32): Part {
    if (isBytes(ptr, size, REQUEST_TARGET)) return Part.Target;
    if (isName(ptr, size, DATE)) return Part.Date;
    return isName(ptr, size, DIGEST) ? Part.Digest : Part.Other;
  }

  protected coversUsual(parts: i32): bool {
    return (parts & Part.Target) != 0 && (parts & Part.Date) != 0;
  }

  protected beginText(to: StringBuilder): void {
    to.appendBytes(this.params.keyId.ptr, this.params.keyId.size).appendByte(0x0a);
  }

  protected endText(to: StringBuilder): void {
    to.appendByte(0x0a);
  }

  protected appendDerived(part: Part, ptr: usize, size: i32, to: StringBuilder, attempt: Attempt): StringBuilder {
    this.appendTarget(to);
    return to;
  }
}
