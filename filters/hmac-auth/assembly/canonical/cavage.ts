// Signing HTTP Messages, draft-cavage-http-signatures-12: RFC 9421's predecessor, in use all over.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Attempt } from "../attempt";
import { isBytes } from "../bytes";
import { Line, RequestLines } from "../lines";
import { Reason } from "../reason";
import { freshness, NO_TIME, nowMs, parseTimestamp, Unit } from "../template/timestamp";
import { AuthParams, macAlgorithm, Param, skipScheme } from "./auth-params";
import { isName } from "./components";
import { HeaderListSigner } from "./header-list-signer";
import { digits } from "./http-date";
import { Holder } from "./key-table";
import { Part } from "./name-list";
import { CanonicalOptions } from "./options";

const REQUEST_TARGET = String.UTF8.encode("(request-target)");
const CREATED = String.UTF8.encode("(created)");
const EXPIRES = String.UTF8.encode("(expires)");
const DATE = String.UTF8.encode("date");
const DIGEST = String.UTF8.encode("digest");

export class Cavage extends HeaderListSigner {
  private signature: Line;

  constructor(options: CanonicalOptions, lines: RequestLines) {
    super(options, lines, new AuthParams("keyid", "signature"));
    this.signature = lines.watch(String.UTF8.encode("signature"));
  }

  hasCredentials(lines: RequestLines): bool {
    return this.signature.count != 0 || this.authorization.count != 0;
  }

  hideCredentials(headers: HeaderMap): void {
    headers.remove("signature");
    const value = headers.getBytes("authorization");
    // It may be someone else's.
    if (value === null || skipScheme(changetype<usize>(value), value.byteLength, "signature") < 0) return;
    headers.remove("authorization");
  }

  protected get joinsLines(): bool {
    return true;
  }

  protected get lowersNames(): bool {
    return true;
  }

  protected get usualList(): string {
    return "(request-target) host date";
  }

  protected get carrier(): string {
    return "signature";
  }

  protected appendValue(to: StringBuilder): void {
    this.appendParams(to);
  }

  protected locate(): Reason {
    const signature = this.signature;
    const authorization = this.authorization;
    if (signature.count > 1 || authorization.count > 1) return Reason.DuplicateHeader;
    if (signature.size != 0) {
      this.valuePtr = signature.ptr;
      this.valueSize = signature.size;
      return Reason.None;
    }
    if (authorization.size == 0) return Reason.MissingSignature;
    return this.take(authorization) ? Reason.None : Reason.MalformedSignature;
  }

  /** Section 2.1.6: "(created)" alone when there is no list. An empty one is not allowed. */
  protected complete(): void {
    const list = this.params.headers;
    if (!list.isAbsent) return;
    list.ptr = changetype<usize>(CREATED);
    list.size = CREATED.byteLength;
  }

  /** Section 2.3: times of the signature's own do not go with the older names of algorithms. */
  protected isIncomplete(parts: i32): bool {
    return (parts & (Part.Created | Part.Expires)) != 0 && namesFamily(this.params.algorithm);
  }

  /** "hs2019", or nothing: what the key is for. */
  protected algorithmOf(name: Param, holder: Holder): i32 {
    return name.isAbsent || name.is("hs2019") ? holder.usual : macAlgorithm(name);
  }

  protected partOf(ptr: usize, size: i32): Part {
    if (isBytes(ptr, size, REQUEST_TARGET)) return Part.Target;
    if (isBytes(ptr, size, CREATED)) return Part.Created;
    if (isBytes(ptr, size, EXPIRES)) return Part.Expires;
    if (isName(ptr, size, DATE)) return Part.Date;
    return isName(ptr, size, DIGEST) ? Part.Digest : Part.Other;
  }

  protected coversUsual(parts: i32): bool {
    return (parts & Part.Target) != 0 && (parts & (Part.Date | Part.Created)) != 0;
  }

  protected appendDerived(part: Part, ptr: usize, size: i32, to: StringBuilder, attempt: Attempt): StringBuilder {
    to.appendBytes(ptr, size).append(": ");
    const params = this.params;
    if (part == Part.Target) {
      this.appendLowerTarget(to);
    } else {
      const param = part == Part.Created ? params.created : params.expires;
      if (!param.isAbsent) to.appendBytes(param.ptr, param.size);
    }
    return to;
  }

  protected checkTime(parts: i32): Reason {
    const params = this.params;
    if ((parts & Part.Expires) != 0) {
      if (params.expires.isAbsent) return Reason.MissingComponent;
      const end = parseDecimal(params.expires);
      if (end == NO_TIME) return Reason.MalformedTimestamp;
      const now = nowMs();
      if (now == 0 || now > end) return Reason.TimestampTooOld;
    }
    if ((parts & Part.Created) == 0) return super.checkTime(parts);
    if (params.created.isAbsent) return Reason.MissingComponent;
    const time = parseTimestamp(params.created.ptr, params.created.size, Unit.Seconds);
    return time == NO_TIME ? Reason.MalformedTimestamp : freshness(time, this.toleranceMs);
  }
}

/** Whether the name begins with that of a family of algorithms. */
function namesFamily(name: Param): bool {
  return startsWith(name, "rsa") || startsWith(name, "hmac") || startsWith(name, "ecdsa");
}

function startsWith(param: Param, text: string): bool {
  if (param.size < text.length) return false;
  for (let i = 0; i < text.length; ++i) if (load<u8>(param.ptr + i) != text.charCodeAt(i)) return false;
  return true;
}

/** Seconds, of which up to three decimals may follow; in milliseconds. NO_TIME when it is something else. */
function parseDecimal(param: Param): i64 {
  let whole = 0;
  while (whole < param.size && load<u8>(param.ptr + whole) != 0x2e) ++whole;
  const seconds = parseTimestamp(param.ptr, whole, Unit.Seconds);
  const decimals = param.size - whole - 1;
  if (seconds == NO_TIME || decimals < 0) return seconds;
  if (decimals == 0 || decimals > 3) return NO_TIME;
  const value = digits(param.ptr + whole + 1, decimals);
  if (value < 0) return NO_TIME;
  return seconds + value * (decimals == 1 ? 100 : decimals == 2 ? 10 : 1);
}
