// Kong's scheme. Source: github.com/Kong/kong kong/plugins/hmac-auth/access.lua; a header that is named and absent is
// refused here, and only a signed date is taken.
import { HeaderMap, Path, property, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Attempt } from "../attempt";
import { isBytes } from "../bytes";
import { Line, RequestLines } from "../lines";
import { Reason } from "../reason";
import { AuthParams, appendEscaped, skipScheme } from "./auth-params";
import { isName } from "./components";
import { HeaderListSigner } from "./header-list-signer";
import { Part } from "./name-list";
import { CanonicalOptions } from "./options";

const REQUEST_LINE = String.UTF8.encode("request-line");
const REQUEST_TARGET = String.UTF8.encode("@request-target");
const DATE = String.UTF8.encode("date");
const X_DATE = String.UTF8.encode("x-date");
const DIGEST = String.UTF8.encode("digest");

/** Versions that a request line may have been signed with: a hop in front of the proxy may speak another one. */
const HTTP_1 = String.UTF8.encode("HTTP/1.1");
const HTTP_2 = String.UTF8.encode("HTTP/2.0");
const HTTP_2_SHORT = String.UTF8.encode("HTTP/2");
const HTTP_1_0 = String.UTF8.encode("HTTP/1.0");
const NO_GAP = new ArrayBuffer(0);
const PROTOCOL = Path.of("request.protocol");

export class Kong extends HeaderListSigner {
  private proxyAuthorization: Line;
  private hasRequestLine: bool = false;

  constructor(options: CanonicalOptions, lines: RequestLines) {
    super(options, lines, new AuthParams("username", "hmac"));
    this.proxyAuthorization = lines.watch(String.UTF8.encode("proxy-authorization"));
  }

  get challenge(): string {
    return "hmac";
  }

  hasCredentials(lines: RequestLines): bool {
    return this.authorization.count != 0 || this.proxyAuthorization.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    removeOurs(headers, "proxy-authorization");
    removeOurs(headers, "authorization");
  }

  protected get usualList(): string {
    return "date @request-target";
  }

  protected appendValue(to: StringBuilder): void {
    appendEscaped(this.params.keyId.ptr, this.params.keyId.size, to.append('hmac username="'));
    to.append('", algorithm="');
    this.appendAlgorithm(to);
    to.append('", headers="').appendBytes(this.params.headers.ptr, this.params.headers.size);
    this.appendMac(to.append('", signature="')).append('"');
  }

  /** What a hop in HTTP/2 makes of it, the other end takes too. */
  protected gap(): ArrayBuffer {
    return this.hasRequestLine ? HTTP_1 : NO_GAP;
  }

  protected locate(): Reason {
    const first = this.proxyAuthorization;
    const second = this.authorization;
    this.hasRequestLine = false;
    if (first.count > 1 || second.count > 1) return Reason.DuplicateHeader;
    if (this.take(first) || this.take(second)) return Reason.None;
    return first.size == 0 && second.size == 0 ? Reason.MissingSignature : Reason.MalformedSignature;
  }

  protected partOf(ptr: usize, size: i32): Part {
    if (isBytes(ptr, size, REQUEST_LINE) || isBytes(ptr, size, REQUEST_TARGET)) return Part.Target;
    if (isName(ptr, size, DATE)) return Part.Date;
    if (isName(ptr, size, X_DATE)) return Part.XDate;
    return isName(ptr, size, DIGEST) ? Part.Digest : Part.Other;
  }

  protected coversUsual(parts: i32): bool {
    return (parts & Part.Target) != 0 && (parts & (Part.Date | Part.XDate)) != 0;
  }

  protected appendDerived(part: Part, ptr: usize, size: i32, to: StringBuilder, attempt: Attempt): StringBuilder {
    if (!isBytes(ptr, size, REQUEST_LINE)) {
      this.appendLowerTarget(to.appendBytes(ptr, size).append(": "));
      return to;
    }
    this.hasRequestLine = true;
    this.appendTarget(to);
    to.appendByte(0x20);
    // The version comes between the two.
    return attempt.otherText;
  }

  protected matches(attempt: Attempt): bool {
    if (!this.hasRequestLine) return super.matches(attempt);
    const protocol = property.bytes(PROTOCOL);
    const isOld = protocol !== null && isBytes(changetype<usize>(protocol), protocol.byteLength, HTTP_1_0);
    if (isOld) return this.matchesVersion(HTTP_1_0, attempt);
    return (
      this.matchesVersion(HTTP_1, attempt) ||
      this.matchesVersion(HTTP_2, attempt) ||
      this.matchesVersion(HTTP_2_SHORT, attempt)
    );
  }

  private matchesVersion(version: ArrayBuffer, attempt: Attempt): bool {
    return this.matchesWith(changetype<usize>(version), version.byteLength, attempt);
  }
}

/** The other one of the two headers may be someone else's. */
function removeOurs(headers: HeaderMap, name: string): void {
  const value = headers.getBytes(name);
  if (value !== null && skipScheme(changetype<usize>(value), value.byteLength, "hmac") >= 0) headers.remove(name);
}
