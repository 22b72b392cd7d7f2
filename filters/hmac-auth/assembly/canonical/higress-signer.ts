// `mode: sign` of higress: the first consumer signs the time, what the rule asks for, the parameters, and the MD5 of a body
// that is no form.
import { HeaderMap, StringBuilder } from "@proxy-wasm-kit/sdk";
import { Algorithm, createHash, digestSize } from "../algorithm";
import { Attempt, computedRoom } from "../attempt";
import { Encoding, encodeDigest } from "../encoding";
import { RequestLines } from "../lines";
import { Reason } from "../reason";
import { isForm } from "../template/form";
import { nowMs } from "../template/timestamp";
import { appendBodyDigest } from "./body-hash";
import { Higress, merged, SHA_1, SHA_256 } from "./higress";
import { EmptyValue } from "./parameters";

// One of each serves all requests, within a callback.
const md5 = createHash(Algorithm.Md5);
const header = new StringBuilder();
const nothing = new StringBuilder();

export class HigressSigner extends Higress {
  get canSign(): bool {
    return true;
  }

  beginSigning(lines: RequestLines, headers: HeaderMap, attempt: Attempt): Reason {
    const type = this.contentType;
    this.hideCredentials(headers);
    attempt.isForm = isForm(type.ptr, type.size);
    attempt.wantsBody = this.validatesBody || attempt.isForm;
    return Reason.None;
  }

  sign(headers: HeaderMap, attempt: Attempt): Reason {
    const holder = this.table.first;
    const now = nowMs();
    if (now == 0) return Reason.MissingTimestamp;
    if (holder === null) return Reason.UnknownKey;
    // There are names for these two only.
    const algorithm = holder.mayUse(Algorithm.Sha256) ? Algorithm.Sha256 : Algorithm.Sha1;
    const key = holder.newest(algorithm);
    if (key === null) return Reason.AlgorithmNotAllowed;
    headers.setBytes("x-ca-key", holder.consumer.keyId);
    headers.setBytes("x-ca-timestamp", header.clear().appendNumber(now).toBuffer());
    headers.setBytes("x-ca-signature-method", algorithm == Algorithm.Sha256 ? SHA_256 : SHA_1);
    headers.remove("content-md5");
    if (this.validatesBody && attempt.bodyBytes != 0 && !attempt.isForm) {
      appendBodyDigest(header.clear(), md5);
      headers.setBytes("content-md5", header.toBuffer());
    }
    const required = this.required;
    header.clear().append("x-ca-key x-ca-timestamp");
    if (required !== null) required.appendOthers(header);
    if (!this.headers.read(header.ptr, header.length, 0x20)) return Reason.MalformedSignature;
    this.headers.appendNames(header.clear(), 0x2c);
    headers.setBytes("x-ca-signature-headers", header.toBuffer());
    // With what was just set.
    this.lines.read(headers);
    if (!this.covers()) return Reason.MissingComponent;
    const composed = this.compose(attempt);
    if (composed != Reason.None) return composed;
    const reason = this.readParameters(attempt);
    if (reason != Reason.None) return reason;
    this.appendParameters(EmptyValue.Equals);
    attempt.macOf(key, attempt.text, merged.ptr, merged.length, nothing, computedRoom());
    const digits = memory.data(132);
    const size = encodeDigest(computedRoom(), digestSize(algorithm), digits, Encoding.Base64);
    headers.setBytes("x-ca-signature", header.clear().appendBytes(digits, size).toBuffer());
    return Reason.None;
  }
}
