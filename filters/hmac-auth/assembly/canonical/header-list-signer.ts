// `mode: sign` of kong, apisix and cavage: the first consumer signs the time, the target, what the rule asks for, and the
// digest of a body.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { ALGORITHM_NAMES, digestSize } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { Encoding, encodeDigest } from "../encoding";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { nowMs } from "../template/timestamp";
import { appendEscaped } from "./auth-params";
import { appendBodyDigest } from "./body-hash";
import { HeaderListScheme } from "./header-list-scheme";
import { appendHttpDate } from "./http-date";

// One of each serves all requests, within a callback.
const list = new StringBuilder();
const created = new StringBuilder();
const header = new StringBuilder();
const nothing = new ArrayBuffer(0);

export abstract class HeaderListSigner extends HeaderListScheme {
  private signsBy: i32 = 0;

  /** The names that are signed when the configuration does not say. */
  protected abstract get usualList(): string;

  /** The value of the header, now that list, key id and MAC are there. */
  protected abstract appendValue(to: StringBuilder): void;

  /** The header with the signature. */
  protected get carrier(): string {
    return "authorization";
  }

  /** What stands between the two parts of the text. */
  protected gap(): ArrayBuffer {
    return nothing;
  }

  get canSign(): bool {
    return true;
  }

  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    this.hideCredentials(headers);
    attempt.wantsBody = this.validatesBody;
    return Reason.None;
  }

  sign(headers: HeaderMap, attempt: Attempt): Reason {
    const holder = this.table.first;
    const now = nowMs();
    if (now == 0) return Reason.MissingTimestamp;
    if (holder === null) return Reason.UnknownKey;
    const algorithm = holder.usual;
    const key = holder.newest(algorithm);
    if (key === null) return Reason.AlgorithmNotAllowed;
    this.setTimes(headers, now);
    const hasBody = this.validatesBody && attempt.bodyBytes != 0;
    headers.remove("digest");
    if (hasBody) {
      appendBodyDigest(header.clear().append("SHA-256="));
      headers.setBytes("digest", header.toBuffer());
    }
    this.makeList(hasBody);
    const params = this.params;
    const keyId = holder.consumer.keyId;
    params.keyId.ptr = changetype<usize>(keyId);
    params.keyId.size = keyId.byteLength;
    params.headers.ptr = list.ptr;
    params.headers.size = list.length;
    // With what was just set.
    this.lines.read(headers);
    const reason = this.compose(attempt);
    if (reason != Reason.None) return reason;
    const gap = this.gap();
    attempt.macOf(key, attempt.text, changetype<usize>(gap), gap.byteLength, attempt.otherText, computedRoom());
    this.signsBy = algorithm;
    this.appendValue(header.clear());
    headers.setBytes(this.carrier, header.toBuffer());
    return Reason.None;
  }

  protected appendAlgorithm(to: StringBuilder): void {
    to.append("hmac-").append(unchecked(ALGORITHM_NAMES[this.signsBy]));
  }

  protected appendMac(to: StringBuilder): StringBuilder {
    const digits = memory.data(132);
    const size = encodeDigest(computedRoom(), digestSize(this.signsBy), digits, Encoding.Base64);
    return to.appendBytes(digits, size);
  }

  /** `keyId="a",algorithm="b",headers="c",signature="d"`, with times where the list names them. */
  protected appendParams(to: StringBuilder): void {
    const params = this.params;
    appendEscaped(params.keyId.ptr, params.keyId.size, to.append('keyId="'));
    to.append('",algorithm="');
    if (params.created.isAbsent) this.appendAlgorithm(to);
    else to.append("hs2019");
    to.appendByte(0x22);
    if (!params.created.isAbsent) to.append(",created=").appendBytes(params.created.ptr, params.created.size);
    to.append(',headers="').appendBytes(params.headers.ptr, params.headers.size).append('",signature="');
    this.appendMac(to).appendByte(0x22);
  }

  /** The client's own times are not those of the signature. */
  private setTimes(headers: HeaderMap, now: i64): void {
    appendHttpDate(now, header.clear());
    headers.setBytes("date", header.toBuffer());
    if (this.asksFor("x-date")) headers.setBytes("x-date", header.toBuffer());
    const params = this.params;
    params.expires.size = -1;
    params.created.size = -1;
    if (!this.asksFor("(created)")) return;
    created.clear().appendNumber(now / 1000);
    params.created.ptr = created.ptr;
    params.created.size = created.length;
  }

  private makeList(hasBody: bool): void {
    const required = this.required;
    list.clear();
    if (required === null) list.append(this.usualList);
    else required.appendList(list, "");
    if (hasBody && !this.asksFor("digest")) list.append(" digest");
  }

  private asksFor(name: string): bool {
    const required = this.required;
    if (required === null) return false;
    const text = String.UTF8.encode(name);
    return required.bitsOf(changetype<usize>(text), text.byteLength) != 0;
  }
}
